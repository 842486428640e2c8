// What can be typed next on a command line of Spyhop: the commands, their options, the values of
// those, the ids of Python processes. The shells' scripts (completion_scripts.h) ask for it at each
// Tab, so that they never lack an option. Costs a look at /proc only where a pid is to be typed.
#ifndef SPYHOP_CLI_COMPLETION_H_
#define SPYHOP_CLI_COMPLETION_H_

#include <functional>
#include <string>
#include <vector>

#include "sampler/sampler.h"

namespace spyhop {

// What the shell itself knows best, to be offered besides the words.
enum class ShellNames : uint8_t { kNone, kFiles, kRecordings, kPrograms };

struct CompletionWord {
  std::string word;
  std::string description;  // one line, may be empty
};

struct Completion {
  std::vector<CompletionWord> words;  // those which begin with what is typed
  ShellNames names = ShellNames::kNone;
};

using ProcessLister = std::function<std::vector<PythonProcess>()>;

// `typed` is what comes after "spyhop", up to the cursor; its last word is unfinished, maybe "".
// Bash makes "=" a word of its own.
Completion Complete(std::vector<std::string> typed, const ProcessLister& list_processes);

// A word and, behind a tab, its description on each line; at the end ":none", ":files",
// ":recordings" or ":programs".
std::string CompletionText(const Completion& completion);

}  // namespace spyhop

#endif  // SPYHOP_CLI_COMPLETION_H_
