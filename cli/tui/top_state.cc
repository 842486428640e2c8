#include "cli/tui/top_state.h"

#include <algorithm>

namespace spyhop {
namespace {

using Kind = TopKey::Kind;

constexpr size_t kLongestFilter = 200;  // bytes

void AppendUtf8(char32_t c, std::string& text) {
  const auto byte = [&text](char32_t bits) { text.push_back(static_cast<char>(bits)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

void RemoveLastCharacter(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

// The element `step` places after `value`, around the ends.
template <typename T, size_t N>
T Neighbour(const std::array<T, N>& all, T value, size_t step) {
  const auto at = static_cast<size_t>(std::find(all.begin(), all.end(), value) - all.begin());
  return all[(at + step) % N];
}

void Show(TopView view, TopState& state) {
  if (state.view != view) state.cursor = state.first = 0;
  state.view = view;
}

void Edit(const TopKey& key, TopState& state) {
  switch (key.kind) {
    case Kind::kEnter:
      state.editing = false;
      break;
    case Kind::kEscape:
      state.editing = false;
      state.filter.clear();
      break;
    case Kind::kBackspace:
      if (state.filter.empty()) state.editing = false;
      RemoveLastCharacter(state.filter);
      break;
    case Kind::kCharacter:
      if (key.character >= 0x20 && key.character < 0x110000 &&
          state.filter.size() < kLongestFilter) {
        AppendUtf8(key.character, state.filter);
      }
      break;
    default:
      break;
  }
  state.cursor = state.first = 0;
}

// Back by one: help, the filter, what was chosen.
void Escape(TopState& state) {
  if (state.help) {
    state.help = false;
  } else if (!state.filter.empty()) {
    state.filter.clear();
  } else {
    state.choice.reset();
  }
  state.cursor = state.first = 0;
}

bool Scroll(Kind kind, size_t rows, size_t page, TopState& state) {
  const size_t last = rows == 0 ? 0 : rows - 1;
  size_t& cursor = state.cursor;
  switch (kind) {
    case Kind::kUp:
      cursor -= std::min<size_t>(cursor, 1);
      return true;
    case Kind::kDown:
      cursor = std::min(cursor + 1, last);
      return true;
    case Kind::kPageUp:
      cursor -= std::min(cursor, page);
      return true;
    case Kind::kPageDown:
      cursor = std::min(cursor + page, last);
      return true;
    case Kind::kHome:
      cursor = 0;
      return true;
    case Kind::kEnd:
      cursor = last;
      return true;
    default:
      return false;
  }
}

// The column that rows are sorted by, and the time shown.
void Turn(char32_t c, TopState& state) {
  if (c == U's' || c == U'>' || c == U'.') {
    state.sort = Neighbour(kTopSortKeys, state.sort, 1);
  } else if (c == U'<' || c == U',') {
    state.sort = Neighbour(kTopSortKeys, state.sort, kTopSortKeys.size() - 1);
  } else if (c == U'w') {
    state.window = Neighbour(kTopWindows, state.window, 1);
  }
}

bool* SwitchOf(char32_t c, TopState& state) {
  switch (c) {
    case U'p':
    case U' ':
      return &state.paused;
    case U'i':
      return &state.idle;
    case U't':
      return &state.per_thread;
    case U'r':
      return &state.reverse;
    case U'?':
    case U'h':
      return &state.help;
    case U'/':
      return &state.editing;
    default:
      return nullptr;
  }
}

TopAction Type(char32_t c, TopState& state) {
  if (c == U'q') return TopAction::kQuit;
  if (c == U'c') return TopAction::kReset;
  if (c >= U'1' && c < U'1' + kTopViews.size()) {
    Show(kTopViews[c - U'1'], state);
  } else if (bool* const on = SwitchOf(c, state)) {
    *on = !*on;
    if (on == &state.help) state.cursor = state.first = 0;
  } else {
    Turn(c, state);
  }
  return TopAction::kNone;
}

}  // namespace

std::string_view Name(TopView view) {
  switch (view) {
    case TopView::kLines:
      return "lines";
    case TopView::kFunctions:
      return "functions";
    case TopView::kThreads:
      return "threads";
    case TopView::kStacks:
      return "stacks";
    case TopView::kProcesses:
      return "processes";
  }
  return "";
}

std::string_view Name(SortKey key) {
  switch (key) {
    case SortKey::kSelf:
      return "self";
    case SortKey::kTotal:
      return "total";
    case SortKey::kPython:
      return "python";
    case SortKey::kNative:
      return "native";
    case SortKey::kSystem:
      return "system";
    case SortKey::kWait:
      return "wait";
    case SortKey::kGil:
      return "gil";
    case SortKey::kCpu:
      return "cpu";
  }
  return "";
}

TopAction HandleKey(const TopKey& key, size_t rows, size_t page, TopState& state) {
  if (key.kind == Kind::kSuspend) return TopAction::kSuspend;
  if (key.kind == Kind::kRedraw) return TopAction::kRedraw;
  if (state.editing) {
    if (!Scroll(key.kind, rows, page, state)) Edit(key, state);
    return TopAction::kNone;
  }
  if (Scroll(key.kind, rows, page, state)) return TopAction::kNone;
  switch (key.kind) {
    case Kind::kTab:
    case Kind::kRight:
      Show(Neighbour(kTopViews, state.view, 1), state);
      break;
    case Kind::kBackTab:
    case Kind::kLeft:
      Show(Neighbour(kTopViews, state.view, kTopViews.size() - 1), state);
      break;
    case Kind::kEnter:
      return TopAction::kChoose;
    case Kind::kEscape:
    case Kind::kBackspace:
      Escape(state);
      break;
    case Kind::kCharacter:
      return Type(key.character, state);
    default:
      break;
  }
  return TopAction::kNone;
}

void KeepCursorVisible(size_t rows, size_t page, TopState& state) {
  state.cursor = std::min(state.cursor, rows == 0 ? 0 : rows - 1);
  if (page == 0) page = 1;
  state.first = std::min(state.first, rows > page ? rows - page : 0);
  state.first = std::min(state.first, state.cursor);
  if (state.cursor >= state.first + page) state.first = state.cursor + 1 - page;
}

}  // namespace spyhop
