#include "sampler/python/thread_states.h"

#include <algorithm>

namespace spyhop {
namespace {

constexpr size_t kMaxInterpreters = 1024;
constexpr size_t kMaxThreads = 32768;

}  // namespace

ThreadStates::ThreadStates(RemoteMemory& memory, const Interpreter& interpreter)
    : memory_(memory), interpreter_(interpreter) {}

ThreadStates::LookResult ThreadStates::Look() {
  if (!interpreters_.empty()) {
    if (!ReadKnown()) return LookResult::kUnreadable;
    expect_quiet_ = GilsUnmoved();
    RememberTurns();
    if (ListsUnchanged()) return LookResult::kSame;
  }
  if (!Enumerate()) return LookResult::kUnreadable;
  // What Enumerate followed step by step is copied once more, in one piece.
  if (!ReadKnown()) return LookResult::kUnreadable;
  RememberTurns();
  return LookResult::kChanged;
}

ThreadStates::LookResult ThreadStates::LookAt(absl::Span<const ThreadEntry* const> awake) {
  if (!expect_quiet_ || interpreters_.empty()) return Look();
  const std::vector<InterpreterHeads> heads = heads_;
  const size_t head_count = AppendHeads();
  for (const ThreadEntry* thread : awake) {
    batch_.push_back(
        {thread->address, copies_.data() + thread->copy, interpreter_.layout.thread.size, 0});
  }
  if (!ReadBatch(head_count)) return LookResult::kUnreadable;
  // New threads come to the front of their list; one ends only when it has had the GIL.
  const bool same_heads = interpreters_head_ == interpreters_.front().address && heads == heads_;
  return same_heads && GilsUnmoved() ? LookResult::kQuiet : Look();
}

bool ThreadStates::GilsUnmoved() const {
  if (turns_.size() != interpreters_.size()) return false;
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    if (!turns_[i] || interpreters_[i].gil->turn() != turns_[i]) return false;
  }
  return true;
}

void ThreadStates::RememberTurns() {
  turns_.clear();
  for (const InterpreterEntry& entry : interpreters_) turns_.push_back(entry.gil->turn());
}

bool ThreadStates::HeldGilLast(const ThreadEntry& thread) const {
  const std::optional<GilReader::Turn>& turn = turns_[thread.interpreter];
  return !turn || turn->last_holder == thread.address;
}

bool ThreadStates::ReadKnown() {
  const size_t heads = AppendHeads();
  for (const ThreadEntry& thread : threads_) {
    batch_.push_back(
        {thread.address, copies_.data() + thread.copy, interpreter_.layout.thread.size, 0});
  }
  return ReadBatch(heads);
}

// Returns how many requests the lists' heads take; the GILs follow them.
size_t ThreadStates::AppendHeads() {
  const Layout& layout = interpreter_.layout;
  batch_.clear();
  interpreters_head_ = interpreter_.first;
  if (!interpreter_.interpreters_head.is_null()) {
    batch_.push_back({interpreter_.interpreters_head, &interpreters_head_, 8, 0});
  }
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    const RemoteAddress address = interpreters_[i].address;
    batch_.push_back({layout.interpreter.next.At(address), &heads_[i].next, 8, 0});
    batch_.push_back({layout.interpreter.threads_head.At(address), &heads_[i].threads_head, 8, 0});
  }
  const size_t heads = batch_.size();
  for (const InterpreterEntry& entry : interpreters_) entry.gil->AppendTo(batch_);
  return heads;
}

bool ThreadStates::ReadBatch(size_t heads) {
  memory_.ReadBatch(absl::MakeSpan(batch_));
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    interpreters_[i].gil->Settle(batch_[heads + i]);
  }
  return std::all_of(batch_.begin(), batch_.begin() + static_cast<ptrdiff_t>(heads),
                     [](const ReadRequest& r) { return r.complete(); });
}

bool ThreadStates::ListsUnchanged() const {
  const ThreadStateLayout& fields = interpreter_.layout.thread;
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    const InterpreterEntry& entry = interpreters_[i];
    const RemoteAddress expected = i == 0 ? interpreters_head_ : heads_[i - 1].next;
    if (entry.address != expected) return false;
    RemoteAddress next = heads_[i].threads_head;
    for (size_t t = entry.first_thread; t < entry.first_thread + entry.thread_count; ++t) {
      const uint8_t* copy = copy_of(threads_[t]);
      if (threads_[t].address != next || fields.interp.In(copy) != entry.address) return false;
      // Filled in when the thread has started; or another program lies at the same addresses
      // (exec).
      if (threads_[t].pthread_id != fields.thread_id.In(copy)) return false;
      // A new thread may have got the memory of one that ended, all of it.
      const bool tells = fields.native_thread_id.present();
      if (tells && threads_[t].native_id != fields.native_thread_id.In(copy)) return false;
      next = fields.next.In(copy);
    }
    if (!next.is_null()) return false;
  }
  const bool one_only = interpreter_.interpreters_head.is_null();
  return one_only || heads_.back().next.is_null();
}

bool ThreadStates::Enumerate() {
  const InterpreterLayout& fields = interpreter_.layout.interpreter;
  interpreters_.clear();
  threads_.clear();
  RemoteAddress address = interpreter_.first;
  if (!interpreter_.interpreters_head.is_null()) {
    const auto head = memory_.ReadPointer(interpreter_.interpreters_head);
    if (!head) return false;
    address = *head;
  }
  while (address.MayHoldPointer() && interpreters_.size() < kMaxInterpreters) {
    InterpreterEntry entry;
    entry.address = address;
    entry.id = fields.id.present() ? memory_.Read<int64_t>(fields.id.At(address)).value_or(0)
                                   : static_cast<int64_t>(interpreters_.size());
    entry.gil = std::make_unique<GilReader>(memory_, interpreter_, address);
    interpreters_.push_back(std::move(entry));
    if (!EnumerateThreads(static_cast<uint32_t>(interpreters_.size() - 1))) break;
    const auto next = memory_.ReadPointer(fields.next.At(address));
    if (!next || interpreter_.interpreters_head.is_null()) break;
    address = *next;
  }
  heads_.assign(interpreters_.size(), {});
  copies_.resize(threads_.size() * interpreter_.layout.thread.size);
  return !interpreters_.empty();
}

bool ThreadStates::EnumerateThreads(uint32_t interpreter) {
  const ThreadStateLayout& fields = interpreter_.layout.thread;
  InterpreterEntry& entry = interpreters_[interpreter];
  entry.first_thread = threads_.size();
  auto head = memory_.ReadPointer(interpreter_.layout.interpreter.threads_head.At(entry.address));
  if (!head) return false;
  std::vector<uint8_t> copy(fields.size);
  RemoteAddress address = *head;
  while (address.MayHoldPointer() && threads_.size() < kMaxThreads) {
    if (!memory_.ReadAll(address, copy.data(), copy.size())) break;
    if (fields.interp.In(copy.data()) != entry.address) break;
    ThreadEntry thread;
    thread.address = address;
    thread.interpreter = interpreter;
    thread.pthread_id = fields.thread_id.In(copy.data());
    if (fields.native_thread_id.present()) {
      thread.native_id = fields.native_thread_id.In(copy.data());
    }
    thread.copy = threads_.size() * fields.size;
    threads_.push_back(thread);
    address = fields.next.In(copy.data());
  }
  entry.thread_count = threads_.size() - entry.first_thread;
  return true;
}

}  // namespace spyhop
