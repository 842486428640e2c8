// A diagnosis as text for a person, and as JSON for a runbook (schema spyhop.doctor/1).
#ifndef SPYHOP_CLI_DOCTOR_OUTPUT_H_
#define SPYHOP_CLI_DOCTOR_OUTPUT_H_

#include "report/sink.h"
#include "sampler/doctor/doctor.h"

namespace spyhop {

// A line for each finding, below it what to do, and indented below that the lines to copy.
void WriteDiagnosis(const Diagnosis& diagnosis, bool color, Sink& sink);

// `pid` 0: none was asked for. `exit_status`: the command's.
void WriteJsonDiagnosis(const Diagnosis& diagnosis, int pid, int exit_status, Sink& sink);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DOCTOR_OUTPUT_H_
