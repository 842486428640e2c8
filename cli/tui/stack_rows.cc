// The call tree of each thread, hottest branches first, down to 1 % of one thread's time.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "cli/tui/top_cells.h"
#include "report/table_cells.h"

namespace spyhop {
namespace {

using Fit = TextColumn::Fit;

constexpr double kLeastShare = 0.01;
constexpr size_t kDeepestIndent = 40;  // columns

class CallTree {
 public:
  explicit CallTree(const TopScope& scope) : scope_(scope), profile_(scope.profile()) {
    for (const auto& [key, times] : profile_.buckets()) {
      if (!scope_.KeepsThread(profile_.thread(key.thread))) continue;
      if (times.Wall(scope_.state().idle) == 0 && times.cpu == 0) continue;
      if (IsWanted(key)) Add(key, times);
    }
  }

  TopTable Make() {
    TopTable table;
    table.whole = scope_.whole();
    table.if_empty = "No stack has time to show here.";
    Times all;
    for (const auto& [place, root] : roots_) all += nodes_[root].total;
    table.columns = ClassColumns(scope_, all);
    table.columns.push_back({.title = "total"});
    table.columns.push_back({.title = "self", .spare = 2});
    table.columns.push_back({"call tree", Fit::kCutRight, 12, 200});
    std::vector<size_t> roots;
    for (const auto& [place, root] : roots_) roots.push_back(root);
    AddRows(std::move(roots), table);
    return table;
  }

 private:
  struct Node {
    ThreadIndex thread{};
    bool is_thread = false;
    Frame frame;
    size_t depth = 0;
    Times self;
    Times total;
    std::vector<size_t> children;
  };

  // What was typed is in the thread's name, or in some frame of the stack.
  bool IsWanted(const Profile::Key& key) const {
    const Filter& filter = scope_.options().filter;
    if (!filter.KeepsStack(profile_, key.stack)) return false;
    if (scope_.Matches({profile_.thread(key.thread).name})) return true;
    for (StackId stack = key.stack; stack != kNoStack; stack = profile_.stacks().Parent(stack)) {
      const Frame& frame = profile_.frames().Get(profile_.stacks().Leaf(stack));
      if (scope_.Matches({PlaceCell(profile_.strings().Get(frame.file), frame.line),
                          profile_.strings().Get(frame.function)})) {
        return true;
      }
    }
    return false;
  }

  void Add(const Profile::Key& key, const Times& times) {
    size_t node = RootOf(key.thread);
    nodes_[node].total += times;
    for (const FrameId id : profile_.stacks().Frames(key.stack)) {
      const Frame& frame = profile_.frames().Get(id);
      const bool shown = frame.kind == FrameKind::kPython || scope_.options().native;
      if (!shown) continue;
      node = ChildOf(node, id);
      nodes_[node].total += times;
    }
    nodes_[node].self += times;
  }

  size_t RootOf(ThreadIndex thread) {
    const ThreadInfo& info = profile_.thread(thread);
    const auto [root, is_new] = roots_.try_emplace({scope_.PidOf(info), info.tid}, nodes_.size());
    if (is_new) nodes_.push_back({.thread = thread, .is_thread = true});
    return root->second;
  }

  size_t ChildOf(size_t parent, FrameId frame) {
    const auto [child, is_new] = children_.try_emplace(std::pair(parent, frame), nodes_.size());
    if (is_new) {
      const Node& above = nodes_[parent];
      nodes_.push_back({.thread = above.thread,
                        .frame = profile_.frames().Get(frame),
                        .depth = above.depth + 1});
      nodes_[parent].children.push_back(child->second);
    }
    return child->second;
  }

  // Depth first; the next one to show is the last of `waiting`.
  void AddRows(std::vector<size_t> waiting, TopTable& table) {
    const auto least = static_cast<Nanos>(kLeastShare * static_cast<double>(scope_.whole()));
    SortLast(waiting);
    while (!waiting.empty()) {
      const Node& node = nodes_[waiting.back()];
      waiting.pop_back();
      if (!node.is_thread && node.total.Wall(scope_.state().idle) < least) continue;
      if (table.rows.size() == kMostTopRows) {
        ++table.left_out;
        continue;
      }
      table.rows.push_back(RowOf(node));
      std::vector<size_t> children = node.children;
      SortLast(children);
      waiting.insert(waiting.end(), children.begin(), children.end());
    }
  }

  // The first to be shown comes last.
  void SortLast(std::vector<size_t>& nodes) const {
    std::stable_sort(nodes.begin(), nodes.end(), [this](size_t a, size_t b) {
      const auto order = [this](const Node& node) {
        return std::pair(scope_.SortFigure(node.total, node.total),
                         node.total.Wall(scope_.state().idle));
      };
      const bool before = order(nodes_[a]) < order(nodes_[b]);
      const bool after = order(nodes_[b]) < order(nodes_[a]);
      return scope_.state().reverse ? after : before;
    });
  }

  TopRow RowOf(const Node& node) const {
    const ThreadInfo& thread = profile_.thread(node.thread);
    const bool idle = scope_.state().idle;
    TopRow row{.times = node.total, .choice = {scope_.PidOf(thread), thread.tid}};
    AddClassCells(scope_, node.total, row.cells);
    row.cells.push_back(scope_.Share(node.total.Wall(idle)));
    row.cells.push_back(scope_.Share(node.self.Wall(idle)));
    row.cells.push_back(node.is_thread ? ThreadText(thread) : FrameText(node));
    return row;
  }

  std::string ThreadText(const ThreadInfo& thread) const {
    const std::string pid =
        scope_.several_pids() ? absl::StrCat("process ", scope_.PidOf(thread), " ") : "";
    return absl::StrCat(pid, "thread ", thread.tid, " ", ThreadCell(thread));
  }

  std::string FrameText(const Node& node) const {
    const std::string_view file = profile_.strings().Get(node.frame.file);
    const std::string place =
        node.frame.kind == FrameKind::kPython ? PlaceCell(file, node.frame.line) : ModuleCell(file);
    return absl::StrCat(std::string(std::min(2 * node.depth, kDeepestIndent), ' '),
                        NameCell(profile_.strings().Get(node.frame.function)), "  ", place);
  }

  const TopScope& scope_;
  const Profile& profile_;
  std::vector<Node> nodes_;
  std::map<std::pair<int, int>, size_t> roots_;  // by pid and tid
  absl::flat_hash_map<std::pair<size_t, FrameId>, size_t> children_;
};

}  // namespace

TopTable MakeStackRows(const TopScope& scope) { return CallTree(scope).Make(); }

}  // namespace spyhop
