#include "cli/tui/curses_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "report/display_width.h"
#include "report/utf8.h"

// After all others: term.h has macros of common names.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>
#undef lines
#undef columns

namespace spyhop {
namespace {

constexpr wint_t kControlH = 8;
constexpr wint_t kTab = 9;
constexpr wint_t kControlL = 12;
constexpr wint_t kControlZ = 26;
constexpr wint_t kEscape = 27;
constexpr wint_t kDelete = 127;
constexpr int kEscapeMilliseconds = 50;
constexpr size_t kLargest = 1000;  // columns or rows: a terminal may claim anything

// One screen at a time: what RestoreTerminalNow needs.
std::atomic<bool> is_open{false};
termios original_mode;

struct ClassColor {
  TopStyle style;
  short of_256;  // after Okabe and Ito's palette, told apart with any colour vision
  short of_8;
};
constexpr ClassColor kColors[] = {
    {TopStyle::kPython, 75, COLOR_CYAN},     {TopStyle::kNative, 214, COLOR_YELLOW},
    {TopStyle::kKernel, 175, COLOR_MAGENTA}, {TopStyle::kWait, 248, COLOR_WHITE},
    {TopStyle::kGil, 202, COLOR_RED},        {TopStyle::kRunQueue, 36, COLOR_GREEN},
    {TopStyle::kIdle, 242, COLOR_BLUE},
};

short PairOf(TopStyle style) { return static_cast<short>(style); }

void BeginColors() {
  if (has_colors() == FALSE) return;
  start_color();
  const bool own_background = use_default_colors() == OK;
  for (const ClassColor& color : kColors) {
    const short foreground = COLORS >= 256 ? color.of_256 : color.of_8;
    init_pair(PairOf(color.style), foreground, own_background ? -1 : COLOR_BLACK);
  }
}

attr_t AttributesOf(TopStyle style) {
  switch (style) {
    case TopStyle::kNormal:
      return A_NORMAL;
    case TopStyle::kBold:
      return A_BOLD;
    case TopStyle::kHeading:
      return A_BOLD | A_UNDERLINE;
    case TopStyle::kCursor:
      return A_REVERSE;
    case TopStyle::kWarning:
      return A_BOLD | A_REVERSE;
    default:
      return A_NORMAL;
  }
}

// One `?` for each column that a character would have taken.
std::string InAscii(const std::string& text) {
  std::string ascii;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Char c = DecodeUtf8(rest);
    const std::string_view bytes = rest.substr(0, c.length);
    ascii += c.code < 0x80 ? std::string(bytes) : std::string(DisplayWidth(bytes), '?');
    rest.remove_prefix(c.length);
  }
  return ascii;
}

TopKey KeyOfCode(wint_t code) {
  using Kind = TopKey::Kind;
  switch (code) {
    case KEY_UP:
      return {Kind::kUp};
    case KEY_DOWN:
      return {Kind::kDown};
    case KEY_LEFT:
      return {Kind::kLeft};
    case KEY_RIGHT:
      return {Kind::kRight};
    case KEY_PPAGE:
      return {Kind::kPageUp};
    case KEY_NPAGE:
      return {Kind::kPageDown};
    case KEY_HOME:
      return {Kind::kHome};
    case KEY_END:
      return {Kind::kEnd};
    case KEY_BTAB:
      return {Kind::kBackTab};
    case KEY_ENTER:
      return {Kind::kEnter};
    case KEY_BACKSPACE:
      return {Kind::kBackspace};
    default:
      return {};
  }
}

TopKey KeyOfCharacter(wint_t character) {
  using Kind = TopKey::Kind;
  switch (character) {
    case L'\r':
    case L'\n':
      return {Kind::kEnter};
    case kTab:
      return {Kind::kTab};
    case kEscape:
      return {Kind::kEscape};
    case kControlH:
    case kDelete:
      return {Kind::kBackspace};
    case kControlL:
      return {Kind::kRedraw};
    case kControlZ:
      return {Kind::kSuspend};
    default:
      return {Kind::kCharacter, static_cast<char32_t>(character)};
  }
}

// Ctrl-Z as a key: the screen has to be left before the process stops.
void TakeSuspendKey() {
  termios mode;
  if (tcgetattr(STDIN_FILENO, &mode) != 0) return;
  mode.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

void WriteToTerminal(const char* text) {
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return;
  [[maybe_unused]] const ssize_t written =
      write(STDOUT_FILENO, text, std::char_traits<char>::length(text));
}

}  // namespace

struct CursesScreen::Terminal {
  SCREEN* screen = nullptr;
  bool color = false;
  bool utf8 = false;
};

bool CursesScreen::CanOpen() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) return false;
  int found = 0;
  if (setupterm(nullptr, STDOUT_FILENO, &found) != OK) return false;
  const char* move_cursor = tigetstr("cup");
  return move_cursor != nullptr && move_cursor != reinterpret_cast<const char*>(-1);
}

absl::StatusOr<std::unique_ptr<CursesScreen>> CursesScreen::Open(bool color, bool utf8) {
  if (tcgetattr(STDIN_FILENO, &original_mode) != 0) {
    return absl::UnavailableError("the terminal's mode cannot be read");
  }
  auto terminal = std::make_unique<Terminal>();
  set_escdelay(kEscapeMilliseconds);
  terminal->screen = newterm(nullptr, stdout, stdin);
  if (terminal->screen == nullptr) return absl::UnavailableError("the terminal is not known");
  terminal->color = color;
  terminal->utf8 = utf8;
  is_open = true;
  cbreak();
  noecho();
  nonl();
  TakeSuspendKey();
  def_prog_mode();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  if (color) BeginColors();
  return std::unique_ptr<CursesScreen>(new CursesScreen(std::move(terminal)));
}

CursesScreen::CursesScreen(std::unique_ptr<Terminal> terminal) : terminal_(std::move(terminal)) {}

CursesScreen::~CursesScreen() {
  Leave();
  delscreen(terminal_->screen);
}

ScreenSize CursesScreen::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {static_cast<size_t>(std::max(COLS, 1)), static_cast<size_t>(std::max(LINES, 1))};
  }
  return {std::min<size_t>(size.ws_col, kLargest), std::min<size_t>(size.ws_row, kLargest)};
}

void CursesScreen::Draw(const std::vector<TopLine>& lines) {
  erase();
  for (size_t y = 0; y < lines.size(); ++y) {
    size_t x = 0;
    for (const TopSpan& span : lines[y]) {
      const bool is_class = span.style >= TopStyle::kPython;
      attr_set(AttributesOf(span.style), is_class && terminal_->color ? PairOf(span.style) : 0,
               nullptr);
      mvaddstr(static_cast<int>(y), static_cast<int>(x),
               terminal_->utf8 ? span.text.c_str() : InAscii(span.text).c_str());
      x += DisplayWidth(span.text);
    }
  }
  attr_set(A_NORMAL, 0, nullptr);
  refresh();
}

TopKey CursesScreen::ReadKey() {
  wint_t code = 0;
  const int kind = get_wch(&code);
  if (kind == KEY_CODE_YES) return KeyOfCode(code);
  return kind == OK ? KeyOfCharacter(code) : TopKey{};
}

void CursesScreen::Leave() {
  if (!is_open.exchange(false)) return;
  endwin();
  tcsetattr(STDIN_FILENO, TCSADRAIN, &original_mode);
}

void CursesScreen::Return() {
  tcgetattr(STDIN_FILENO, &original_mode);
  is_open = true;
  refresh();  // after endwin() it resumes (curs_initscr(3X))
  curs_set(0);
  Refresh();
}

void CursesScreen::Refresh() {
  const ScreenSize now = size();
  // resizeterm(3X) would put a key into the queue each time.
  resize_term(static_cast<int>(now.height), static_cast<int>(now.width));
  clearok(curscr, TRUE);
}

void RestoreTerminalNow() {
  if (!is_open.exchange(false)) return;
  WriteToTerminal(tigetstr("sgr0"));
  WriteToTerminal(tigetstr("cnorm"));
  WriteToTerminal(tigetstr("rmkx"));
  WriteToTerminal(tigetstr("rmcup"));
  tcsetattr(STDIN_FILENO, TCSANOW, &original_mode);
}

}  // namespace spyhop
