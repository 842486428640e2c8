// Python objects, code and frames in a FakeMemory, as far as locks and who waits for them need
// them.
#ifndef SPYHOP_TESTS_UNIT_SAMPLER_MADE_PYTHON_H_
#define SPYHOP_TESTS_UNIT_SAMPLER_MADE_PYTHON_H_

#include <sys/syscall.h>

#include <string_view>
#include <vector>

#include "sampler/python/raw_stack.h"
#include "sampler/target/thread_probe.h"
#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"

namespace spyhop {

class MadePython {
 public:
  explicit MadePython(const Layout& layout) : layout_(layout) {}

  FakeMemory& memory() { return memory_; }
  ObjectBuilder& builder() { return builder_; }

  RemoteAddress Object(std::string_view type) {
    const RemoteAddress object = builder_.Allocate(256);
    builder_.Put(object, layout_.object.ob_type, builder_.Type(type, 0));
    return object;
  }
  // Its members behind the header.
  RemoteAddress Object(std::string_view type, const std::vector<uint64_t>& members) {
    const RemoteAddress object = Object(type);
    for (size_t i = 0; i < members.size(); ++i) {
      memory_.Set(object.Plus(layout_.object.size + i * sizeof(uint64_t)), members[i]);
    }
    return object;
  }
  using Attributes = std::vector<std::pair<std::string_view, RemoteAddress>>;
  RemoteAddress Instance(std::string_view type, const Attributes& attributes) {
    ObjectBuilder::Items items;
    for (const auto& [name, value] : attributes) items.emplace_back(builder_.Str(name), value);
    return builder_.Instance(items, ObjectBuilder::InstanceShape::kDict, type);
  }
  // A semaphore that somebody has taken; its address is what a futex call waits on.
  RemoteAddress TakenSemaphore() { return builder_.Allocate(64); }

  // A frame of `function` with two locals, of which `self` is the first, and these on its
  // evaluation stack; all but the last one under the handler of a `with`, and no handler without
  // any.
  RawFrame Frame(std::string_view file, std::string_view function, RemoteAddress self = {},
                 std::vector<RemoteAddress> stack = {}) {
    RawFrame raw;
    raw.code = Code(file, function);
    raw.address = builder_.Allocate(1024);
    const size_t depth = stack.empty() ? 0 : stack.size() - 1;
    std::vector<RemoteAddress> values = {self, RemoteAddress()};
    values.insert(values.end(), stack.begin(), stack.end());
    if (layout_.features.frame_model == FrameModel::kFrameObjects) {
      PutHandlers(raw, static_cast<int32_t>(depth));
    } else {
      PutTable(raw, depth);
    }
    for (size_t i = 0; i < values.size(); ++i) memory_.Set(Slot(raw, i), values[i]);
    return raw;
  }
  // Where slot `index` of the evaluation stack lies.
  RemoteAddress StackSlot(const RawFrame& frame, size_t index) const {
    return Slot(frame, 2 + index);
  }

  // A thread that waits on this word, with the lock object on its C stack.
  SyscallState FutexWait(RemoteAddress word, RemoteAddress lock) {
    SyscallState call;
    call.running = false;
    call.number = SYS_futex;
    call.arguments[0] = word.value();
    call.stack_pointer = builder_.Allocate(4096);
    memory_.Set(call.stack_pointer.Plus(136), lock);
    return call;
  }

 private:
  RemoteAddress Slot(const RawFrame& frame, size_t index) const {
    const bool objects = layout_.features.frame_model == FrameModel::kFrameObjects;
    const RemoteAddress locals = objects ? layout_.frame_object.f_localsplus.At(frame.address)
                                         : layout_.iframe.localsplus.At(frame.address);
    return locals.Plus(index * sizeof(uint64_t));
  }

  RemoteAddress Code(std::string_view file, std::string_view function) {
    const RemoteAddress code = builder_.Allocate(layout_.code.size + 512);
    builder_.Put(code, layout_.object.ob_type, code_type_);
    builder_.Put(code, layout_.code.name, builder_.Str(function));
    builder_.Put(code, layout_.code.qualname, builder_.Str(function));
    builder_.Put(code, layout_.code.filename, builder_.Str(file));
    builder_.Put(code, layout_.code.linetable, builder_.Bytes(""));
    return code;
  }

  // One block of SETUP_WITH (122), Include/opcode.h.
  void PutHandlers(const RawFrame& raw, int32_t depth) {
    const FrameObjectLayout& fields = layout_.frame_object;
    builder_.Put(raw.address, fields.f_code, raw.code);
    builder_.Put(raw.address, fields.f_valuestack, Slot(raw, 2));
    builder_.Put(raw.address, fields.f_iblock, int32_t{depth != 0});
    const int32_t block[] = {122, 40, depth};
    memory_.Set(fields.f_blockstack.At(raw.address), block);
  }

  // One entry: from unit 0 on, 60 long, to a handler at 61, depth << 1
  // (Objects/exception_handling).
  void PutTable(const RawFrame& raw, size_t depth) {
    builder_.Put(raw.address, layout_.iframe.code, raw.code);
    builder_.Put(raw.address, layout_.iframe.instr_ptr,
                 layout_.code.code_adaptive.At(raw.code).Plus(2 * 30));
    builder_.Put(raw.code, layout_.code.nlocalsplus, 2);
    const char entry[] = {char(0x80), 60, 61, static_cast<char>(depth << 1)};
    builder_.Put(raw.code, layout_.code.exceptiontable,
                 builder_.Bytes(depth == 0 ? std::string_view() : std::string_view(entry, 4)));
  }

  const Layout& layout_;
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
  RemoteAddress code_type_ = builder_.Type("code", 0);
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_SAMPLER_MADE_PYTHON_H_
