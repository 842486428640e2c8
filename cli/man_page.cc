#include "cli/man_page.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/help_page.h"
#include "cli/manual_text.h"
#include "report/format.h"

namespace spyhop {
namespace {

constexpr size_t kWidestLine = 72;  // before its characters are escaped

// A character that roff would read as something else (groff_char(7)).
std::string_view RoffName(char c) {
  switch (c) {
    case '\\':
      return "\\(rs";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    default:
      return "";
  }
}

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const std::string_view name = RoffName(c);
    escaped += name.empty() ? std::string(1, c) : std::string(name);
  }
  return escaped;
}

std::string Bold(std::string_view text) { return absl::StrCat("\\fB", Escape(text), "\\fR"); }
std::string Italic(std::string_view text) { return absl::StrCat("\\fI", Escape(text), "\\fR"); }

class Page {
 public:
  Page(const std::string& name, std::string_view summary) {
    Line(absl::StrCat(".TH ", absl::AsciiStrToUpper(Escape(name)), " 1 \"", ReleaseDate(),
                      "\" \"spyhop ", Version(), "\" \"Spyhop\""));
    Section("NAME");
    Wrap(absl::StrCat(name, " - ", AbslView(summary)));
  }

  void Section(std::string_view title) { Line(absl::StrCat(".SH ", AbslView(title))); }
  void Line(const std::string& roff) { absl::StrAppend(&text_, roff, "\n"); }

  // Paragraphs, with an empty line between them.
  void Prose(std::string_view text) {
    bool first = true;
    for (absl::string_view paragraph : absl::StrSplit(AbslView(text), "\n\n")) {
      if (!first) Line(".PP");
      first = false;
      Wrap({paragraph.data(), paragraph.size()});
    }
  }

  void Item(const std::string& tag, std::string_view text) {
    Line(".TP");
    Line(tag);
    Wrap(text);
  }

  // Lines as they are, but for what indents all of them.
  void Verbatim(std::string_view text) {
    Line(".nf");
    for (absl::string_view line :
         absl::StrSplit(absl::StripTrailingAsciiWhitespace(AbslView(text)), '\n')) {
      if (line.substr(0, 2) == "  ") line.remove_prefix(2);
      if (line.empty()) {
        Line(".sp");
      } else {
        TextLine({line.data(), line.size()});
      }
    }
    Line(".fi");
  }

  std::string Take() { return std::move(text_); }

 private:
  // Filled text, in lines that mandoc does not find too long.
  void Wrap(std::string_view text) {
    std::string line;
    for (const absl::string_view word : absl::StrSplit(AbslView(text), ' ', absl::SkipEmpty())) {
      if (!line.empty() && line.size() + word.size() >= kWidestLine) {
        TextLine(line);
        line.clear();
      }
      absl::StrAppend(&line, line.empty() ? "" : " ", word);
    }
    TextLine(line);
  }

  // Text that is no request, whatever it begins with.
  void TextLine(std::string_view text) {
    Line(absl::StrCat(text.starts_with('.') ? "\\&" : "", Escape(text)));
  }

  std::string text_;
};

// What is to be replaced in italics, what is to be typed in bold.
std::string Synopsis(const HelpPage& page) {
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(page.usage, ' ')) {
    const bool is_place =
        word == "[options]" || std::any_of(word.begin(), word.end(), &absl::ascii_isupper);
    words.push_back(is_place ? Italic({word.data(), word.size()})
                             : Bold({word.data(), word.size()}));
  }
  return absl::StrJoin(words, " ");
}

// "-p, --pid PID"
std::string Tag(const Option& option) {
  const std::pair<std::string, std::string> names =
      absl::StrSplit(option.names, absl::MaxSplits(',', 1));
  std::string tag = names.second.empty() ? "" : absl::StrCat(Bold("-" + names.second), ", ");
  absl::StrAppend(&tag, Bold("--" + names.first));
  if (option.value.empty()) return tag;
  return absl::StrCat(tag, option.value.starts_with('[') ? "" : " ", Italic(option.value));
}

void AddOptions(const OptionList& options, Page& page) {
  page.Section("OPTIONS");
  for (const Option& option : options) page.Item(Tag(option), option.text);
}

void AddExitStatus(std::span<const ExitStatus> statuses, Page& page) {
  page.Section("EXIT STATUS");
  for (const ExitMeaning& meaning : MeaningsOf(statuses)) {
    page.Item(Bold(meaning.status), meaning.text);
  }
}

void AddEnvironment(Page& page) {
  page.Section("ENVIRONMENT");
  for (const Entry& variable : kEnvironment) page.Item(Bold(variable.name), variable.text);
}

// The formats by the names of files, of commands which write all of them.
void AddFiles(Page& page) {
  page.Section("FILES");
  for (const absl::string_view name : absl::StrSplit(FormatNames(), ' ')) {
    const Format* format = *FindFormat({name.data(), name.size()});
    const auto add = [](std::string* out, std::string_view suffix) {
      absl::StrAppend(out, Italic("NAME"), Bold(suffix));
    };
    page.Item(absl::StrJoin(format->suffixes, ", ", add), absl::StrCat("the format ", name));
  }
}

bool WritesAllFormats(const OptionList& options) {
  return std::any_of(options.begin(), options.end(),
                     [](const Option& option) { return option.words == FormatNames(); });
}

void AddSeeAlso(std::string_view own, Page& page) {
  page.Section("SEE ALSO");
  std::vector<std::string> names;
  if (!own.empty()) names.push_back(Bold("spyhop") + "(1)");
  for (const Command& command : Commands()) {
    if (command.run == nullptr || command.name == own) continue;
    names.push_back(absl::StrCat(Bold(absl::StrCat("spyhop-", command.name)), "(1)"));
  }
  for (const Entry& other : kOtherPages) {
    names.push_back(absl::StrCat(Bold(other.name), "(", other.text, ")"));
  }
  page.Line(absl::StrJoin(names, ",\n"));
}

std::vector<ExitStatus> AllExits() {
  std::set<ExitStatus> all;
  for (const Command& command : Commands()) {
    const HelpPage* page = FindHelpPage(command.name);
    if (page != nullptr) all.insert(page->exits.begin(), page->exits.end());
  }
  return {all.begin(), all.end()};
}

}  // namespace

std::string ManPage() {
  Page page("spyhop", "sampling profiler for CPython, from outside the process");
  page.Section("SYNOPSIS");
  page.Line(absl::StrCat(Bold("spyhop"), " ", Italic("COMMAND"), " [", Italic("options"), "]"));
  page.Section("DESCRIPTION");
  page.Prose(kAboutSpyhop);
  page.Section("COMMANDS");
  for (const Command& command : Commands()) {
    if (command.run != nullptr) page.Item(Bold(command.name), command.summary);
  }
  page.Section("OPTIONS");
  page.Item(absl::StrCat(Bold("-h"), ", ", Bold("--help")),
            "the commands; behind a command, its options");
  page.Item(absl::StrCat(Bold("-V"), ", ", Bold("--version")), "the version");
  AddExitStatus(AllExits(), page);
  AddEnvironment(page);
  AddFiles(page);
  page.Section("EXAMPLES");
  page.Verbatim(FindHelpPage("attach")->examples);
  AddSeeAlso("", page);
  return page.Take();
}

std::string ManPageOf(std::string_view command) {
  const HelpPage* help = FindHelpPage(command);
  if (help == nullptr) return "";
  std::string_view summary;
  for (const Command& each : Commands()) {
    if (each.name == command) summary = each.summary;
  }
  Page page(absl::StrCat("spyhop-", help->command), summary);
  page.Section("SYNOPSIS");
  page.Line(Synopsis(*help));
  page.Section("DESCRIPTION");
  page.Prose(*help->description ? std::string_view(help->description) : summary);
  AddOptions(help->options(), page);
  if (*help->notes) {
    page.Section("NOTES");
    page.Verbatim(help->notes);
  }
  AddExitStatus(help->exits, page);
  AddEnvironment(page);
  if (WritesAllFormats(help->options())) AddFiles(page);
  page.Section("EXAMPLES");
  page.Verbatim(help->examples);
  AddSeeAlso(command, page);
  return page.Take();
}

}  // namespace spyhop
