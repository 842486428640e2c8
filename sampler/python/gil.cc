#include "sampler/python/gil.h"

#include <algorithm>

namespace spyhop {
namespace {

// sem_t, or pthread_lock of Python/thread_pthread.h: a condition variable and a mutex.
constexpr uint64_t kLockBytes = 96;

}  // namespace

GilReader::GilReader(RemoteMemory& memory, const Interpreter& interpreter,
                     RemoteAddress interpreter_state)
    : memory_(&memory), interpreter_(&interpreter) {
  const Layout& layout = interpreter.layout;
  switch (layout.features.gil_model) {
    case GilModel::kCurrentThreadGlobal:
      address_ = interpreter.current_thread_global;
      size_ = sizeof(RemoteAddress);
      return;
    case GilModel::kRuntime:
      address_ = layout.runtime.gil.At(interpreter.runtime);
      break;
    case GilModel::kInterpreter:
      address_ = memory.ReadPointer(layout.interpreter.gil.At(interpreter_state))
                     .value_or(RemoteAddress());
      break;
  }
  if (!address_.MayHoldPointer()) address_ = RemoteAddress();
  size_ = std::max(layout.gil.last_holder.end(), layout.gil.locked.end());
  if (layout.gil.switch_number.present()) {
    size_ = std::max<size_t>(size_, layout.gil.switch_number.end());
  }
  if (layout.gil.enabled.present()) size_ = std::max<size_t>(size_, layout.gil.enabled.end());
  if (size_ > sizeof(copy_)) address_ = RemoteAddress();
}

std::optional<bool> GilReader::IsLock(RemoteAddress futex) {
  if (interpreter_->layout.features.gil_model != GilModel::kCurrentThreadGlobal) {
    return AddressRange::OfSize(address_, interpreter_->layout.gil.size).Contains(futex);
  }
  if (!interpreter_->gil_lock_pointer.is_null()) {
    const RemoteAddress lock =
        memory_->ReadPointer(interpreter_->gil_lock_pointer).value_or(RemoteAddress());
    return AddressRange::OfSize(lock, kLockBytes).Contains(futex);
  }
  if (interpreter_->gil_locks.empty()) return std::nullopt;
  return std::any_of(interpreter_->gil_locks.begin(), interpreter_->gil_locks.end(),
                     [futex](const AddressRange& lock) { return lock.Contains(futex); });
}

void GilReader::AppendTo(std::vector<ReadRequest>& batch) noexcept {
  batch.push_back({address_, copy_, size_, 0});
}

bool GilReader::enabled() const {
  const Field<int32_t>& field = interpreter_->layout.gil.enabled;
  return !field.present() || (arrived_ && field.In(copy_) != 0);
}

RemoteAddress GilReader::holder() const {
  if (!arrived_ || !enabled()) return RemoteAddress();
  if (interpreter_->layout.features.gil_model == GilModel::kCurrentThreadGlobal) {
    return PointerField{0}.In(copy_);
  }
  const GilLayout& fields = interpreter_->layout.gil;
  return fields.locked.In(copy_) > 0 ? fields.last_holder.In(copy_) : RemoteAddress();
}

std::optional<GilReader::Turn> GilReader::turn() const {
  const GilLayout& fields = interpreter_->layout.gil;
  if (!arrived_ || !enabled() || !fields.switch_number.present()) return std::nullopt;
  return Turn{fields.last_holder.In(copy_), fields.switch_number.In(copy_)};
}

}  // namespace spyhop
