#include "cli/completion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/completion_scripts.h"
#include "cli/ctl_request.h"
#include "cli/help_page.h"
#include "report/display_width.h"
#include "report/escape.h"

namespace spyhop {
namespace {

constexpr size_t kWidestDescription = 60;

std::string LongName(const Option& option) {
  return absl::StrCat("--", option.names.substr(0, option.names.find(',')));
}

// "" when it has none.
std::string ShortName(const Option& option) {
  const size_t comma = option.names.find(',');
  return comma == option.names.npos ? "" : absl::StrCat("-", option.names.substr(comma + 1));
}

// The option of this name, when a value may follow it: as the next word, unless only "=" may bring
// one.
const Option* OptionWithValue(const OptionList& options, std::string_view name, bool after_equals) {
  for (const Option& option : options) {
    if (option.value.empty() || (!after_equals && !option.value_if_bare.empty())) continue;
    if (name == LongName(option) || (name == ShortName(option) && !after_equals)) return &option;
  }
  return nullptr;
}

class Completer {
 public:
  Completer(std::vector<std::string> typed, const ProcessLister& list_processes)
      : typed_(std::move(typed)), list_processes_(list_processes) {
    if (typed_.empty()) typed_.push_back("");
    current_ = typed_.back();
    typed_.pop_back();
  }

  Completion Run() {
    if (typed_.empty()) {
      OfferCommands();
      for (const char* option : {"--help", "--version"}) Offer(option, "");
      return std::move(result_);
    }
    const HelpPage* page = FindHelpPage(typed_[0]);
    if (page == nullptr) return {};
    if (page->operands == Operands::kProgram && OfferProgram()) return std::move(result_);
    const OptionList options = page->options();
    if (OfferValue(options)) return std::move(result_);
    if (current_.starts_with('-')) {
      for (const Option& option : options) Offer(LongName(option), option.text);
    } else {
      OfferOperands(page->operands);
    }
    return std::move(result_);
  }

 private:
  // Behind `--`: the program, then its arguments. False before it.
  bool OfferProgram() {
    const auto dashes = std::find(typed_.begin(), typed_.end(), "--");
    if (dashes == typed_.end()) return false;
    result_.names = dashes + 1 == typed_.end() ? ShellNames::kPrograms : ShellNames::kFiles;
    return true;
  }

  // False when no value is being typed.
  bool OfferValue(const OptionList& options) {
    const size_t equals = current_.find('=');
    std::string_view before = typed_.back();
    if (current_ == "=") {  // bash: --view =
      current_.clear();
    } else if (before == "=" && typed_.size() > 1) {  // bash: --view = li
      before = typed_[typed_.size() - 2];
    } else if (current_.starts_with("--") && equals != current_.npos) {
      const std::string name = current_.substr(0, equals);
      prefix_ = name + "=";
      current_.erase(0, equals + 1);
      return OfferValueOf(OptionWithValue(options, name, true));
    } else {
      return OfferValueOf(OptionWithValue(options, before, false));
    }
    return OfferValueOf(OptionWithValue(options, before, true));
  }

  bool OfferValueOf(const Option* option) {
    if (option == nullptr) return !prefix_.empty();
    for (const absl::string_view word : absl::StrSplit(option->words, ' ', absl::SkipEmpty())) {
      Offer(std::string(word), "");
    }
    if (option->value == "PID") OfferProcesses();
    if (option->value == "FILE") result_.names = ShellNames::kFiles;
    return true;
  }

  void OfferOperands(Operands operands) {
    switch (operands) {
      case Operands::kNone:
        return;
      case Operands::kRecordings:
        result_.names = ShellNames::kRecordings;
        return;
      case Operands::kProgram:
        Offer("--", "the program comes after it");
        return;
      case Operands::kShell:
        for (const char* shell : kShells) Offer(shell, "");
        return;
      case Operands::kCommand:
        OfferCommands();
        return;
      case Operands::kCtl:
        OfferCtl();
    }
  }

  // The word, then whose process it is.
  void OfferCtl() {
    for (const CtlWord& word : CtlWords()) {
      if (typed_.size() == 1) Offer(std::string(word.name), std::string(word.summary));
      if (typed_.size() > 1 && typed_.back() == word.name && word.takes_pid) OfferProcesses();
    }
  }

  void OfferCommands() {
    for (const Command& command : Commands()) {
      if (command.run != nullptr) Offer(command.name, command.summary);
    }
  }

  void OfferProcesses() {
    for (const PythonProcess& process : list_processes_()) {
      const std::string command = EscapeForTerminal(absl::StrJoin(process.command, " "));
      Offer(absl::StrCat(process.pid), CutRight(command, kWidestDescription));
    }
  }

  void Offer(const std::string& word, const std::string& description) {
    if (word.starts_with(current_)) result_.words.push_back({prefix_ + word, description});
  }

  std::vector<std::string> typed_;  // the command and what follows, without the unfinished word
  const ProcessLister& list_processes_;
  std::string current_;  // the unfinished word, or its part behind "="
  std::string prefix_;   // that part with "="
  Completion result_;
};

}  // namespace

Completion Complete(std::vector<std::string> typed, const ProcessLister& list_processes) {
  return Completer(std::move(typed), list_processes).Run();
}

std::string CompletionText(const Completion& completion) {
  std::string text;
  for (const CompletionWord& word : completion.words) {
    absl::StrAppend(&text, word.word, "\t", word.description, "\n");
  }
  switch (completion.names) {
    case ShellNames::kNone:
      return text + ":none\n";
    case ShellNames::kFiles:
      return text + ":files\n";
    case ShellNames::kRecordings:
      return text + ":recordings\n";
    case ShellNames::kPrograms:
      break;
  }
  return text + ":programs\n";
}

}  // namespace spyhop
