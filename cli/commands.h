// The commands, one file each. Every one takes the arguments after its name and returns the exit
// status; command_table.cc has the table of them.
#ifndef SPYHOP_CLI_COMMANDS_H_
#define SPYHOP_CLI_COMMANDS_H_

#include <span>

#include "cli/options.h"
#include "cli/recording_job.h"

namespace spyhop {

struct Command {
  const char* name;
  const char* summary;
  int (*run)(const Arguments& arguments);  // null: comes with a later version
};

// In the order of the help.
std::span<const Command> Commands();

int AttachCommand(const Arguments& arguments);
int RunCommand(const Arguments& arguments);
int ReportCommand(const Arguments& arguments);
int DiffCommand(const Arguments& arguments);
int SnapshotCommand(const Arguments& arguments);
int TopCommand(const Arguments& arguments);
int ListCommand(const Arguments& arguments);
int CtlCommand(const Arguments& arguments);
int DoctorCommand(const Arguments& arguments);
int DaemonCommand(const Arguments& arguments);
int CompletionCommand(const Arguments& arguments);
int ManCommand(const Arguments& arguments);

// attach, run and top with a sampler of the caller's making.
int Attach(const AttachOptions& options, const SamplerFactory& create);
int Top(const TopCommandOptions& options, const SamplerFactory& create);
int RunProgram(const RunOptions& options, const SamplerFactory& create);

// Prints a command's help on stdout.
int PrintHelp(const char* command);

// Writes `text` to stdout, or to the file given; says what went wrong.
int PrintData(const std::string& text, const std::string& path = "-");

}  // namespace spyhop

#endif  // SPYHOP_CLI_COMMANDS_H_
