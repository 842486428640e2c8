// The parts of a diagnosis, a file each. Every function adds what it finds to `findings`; none
// fails.
#ifndef SPYHOP_SAMPLER_DOCTOR_FINDINGS_H_
#define SPYHOP_SAMPLER_DOCTOR_FINDINGS_H_

#include <string>
#include <vector>

#include "sampler/attachment.h"
#include "sampler/doctor/doctor.h"
#include "sampler/profile/snapshot.h"
#include "sampler/target/privileges.h"
#include "sampler/target/process_files.h"

namespace spyhop {

using Findings = std::vector<Finding>;

// about_machine.cc: kernel, permission, yama, seccomp, lockdown, security modules.
void AboutMachine(const Privileges& own, Findings& findings);
// about_place.cc: in which container and namespaces Spyhop runs, and the target.
void AboutOwnPlace(const Privileges& own, Findings& findings);
void AboutPlace(const ProcessFiles& files, Findings& findings);
// To see processes of the host, or of another container, from a pid namespace.
Remedy HowToSeeOthers(const Container& container);
// about_process.cc: users, a tracer, a state in which nothing runs.
void AboutProcess(const ProcessFiles& files, const Privileges& own, Findings& findings);
// Does it run at all: neither stopped nor frozen nor held by a debugger?
bool IsAtLiberty(const ProcessFiles& files);
// Why it could not be attached to.
void AboutError(int pid, const absl::Status& error, const Privileges& own, Findings& findings);
// about_python.cc: interpreter, layout, stacks and their source files.
void AboutPython(const Attachment& attachment, Findings& findings);
void AboutStacks(const Attachment& attachment, Findings& findings);
// about_native.cc: symbols, call frame tables and line tables of the mapped files.
void AboutNative(const Attachment& attachment, Findings& findings);
// about_cost.cc: samples it for half a second.
void AboutCost(int pid, Findings& findings);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_DOCTOR_FINDINGS_H_
