#include "sampler/python/gil.h"

#include <algorithm>

namespace spyhop {

GilReader::GilReader(RemoteMemory& memory, const Interpreter& interpreter,
                     RemoteAddress interpreter_state)
    : interpreter_(&interpreter) {
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
  if (layout.gil.enabled.present()) size_ = std::max<size_t>(size_, layout.gil.enabled.end());
  if (size_ > sizeof(copy_)) address_ = RemoteAddress();
}

AddressRange GilReader::range() const {
  if (interpreter_->layout.features.gil_model == GilModel::kCurrentThreadGlobal) return {};
  return AddressRange::OfSize(address_, interpreter_->layout.gil.size);
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

}  // namespace spyhop
