#include "sampler/python/frame_locals.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sampler/python/container_reader.h"

namespace spyhop {
namespace {

constexpr uint32_t kOptimized = 1;  // CO_OPTIMIZED (Include/code.h)
// Of co_localspluskinds (Include/internal/pycore_code.h, 3.11); to 3.10 the tuple says it.
constexpr uint8_t kFastLocal = 0x20;
constexpr uint8_t kFastCell = 0x40;
constexpr uint8_t kFastFree = 0x80;

constexpr size_t kMaxVariables = 4096;  // of one frame
constexpr size_t kMaxVariableName = 256;
constexpr size_t kMaxCodes = 20'000;
constexpr size_t kWord = sizeof(uint64_t);
// References in slots are tagged in the bits that an address does not need (pycore_stackref.h,
// 3.13+ free-threaded, 3.14+ all); both low bits set is a number (Py_INT_TAG).
constexpr uint64_t kTagBits = 7;
constexpr uint64_t kNumberTag = 3;
constexpr int kNumberShift = 2;

uint64_t WordIn(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

}  // namespace

FrameLocals::FrameLocals(RemoteMemory& memory, const Layout& layout)
    : memory_(memory), layout_(layout), objects_(memory, layout) {
  const FrameObjectLayout& object = layout.frame_object;
  const InterpreterFrameLayout& iframe = layout.iframe;
  if (layout.features.frame_model == FrameModel::kFrameObjects) {
    fields_ = {object.f_code, object.f_globals, object.f_locals, object.f_localsplus.offset};
  } else {
    fields_ = {iframe.code, iframe.f_globals, iframe.f_locals, iframe.localsplus.offset};
  }
}

std::optional<std::vector<LocalVariable>> FrameLocals::Read(const RawFrame& frame,
                                                            FrameWalker& walker) {
  std::vector<LocalVariable> variables;
  if (fields_.slots == kAbsent) return variables;
  const Code& code = CodeAt(frame.code);
  const size_t size = fields_.slots + code.names.size() * kWord;
  const uint8_t* copy = CopyOf(frame, size, walker);
  if (copy == nullptr) return std::nullopt;
  if (!code.has_fast_locals) AddDict(copy, variables);
  AddSlots(frame, code, copy, variables);
  return variables;
}

const uint8_t* FrameLocals::CopyOf(const RawFrame& frame, size_t size, FrameWalker& walker) {
  const uint8_t* copied = walker.Copied(frame.address, size);
  if (copied != nullptr && Matches(copied, frame)) return copied;
  copy_.resize(size);
  const bool read = memory_.ReadAll(frame.address, copy_.data(), size);
  return read && Matches(copy_.data(), frame) ? copy_.data() : nullptr;
}

bool FrameLocals::Matches(const uint8_t* header, const RawFrame& frame) const {
  const uint64_t mask = ~layout_.features.code_tag_mask;
  if ((fields_.code.In(header).value() & mask) != frame.code.value()) return false;
  if (layout_.features.frame_model == FrameModel::kFrameObjects) {
    const int64_t lasti = layout_.frame_object.f_lasti.In(header);
    return static_cast<uint64_t>(lasti) == frame.instruction;
  }
  return layout_.iframe.instr_ptr.In(header).value() == frame.instruction;
}

bool FrameLocals::IsAt(const RawFrame& frame) {
  copy_.resize(fields_.slots);
  return memory_.ReadAll(frame.address, copy_.data(), copy_.size()) && Matches(copy_.data(), frame);
}

void FrameLocals::AddSlots(const RawFrame& frame, const Code& code, const uint8_t* copy,
                           std::vector<LocalVariable>& variables) {
  for (size_t i = 0; i < code.names.size(); ++i) {
    const Name& name = code.names[i];
    const size_t offset = fields_.slots + i * kWord;
    const uint64_t word = WordIn(copy + offset);
    const bool is_cell = (name.kind & (kFastCell | kFastFree)) != 0;
    // Of a class body: a comprehension's variables (PEP 709) are not its own.
    if (!code.has_fast_locals && !is_cell) continue;
    LocalVariable variable{name.name, RemoteAddress(word & ~kTagBits), std::nullopt, {}};
    variable.words.push_back({frame.address.Plus(offset), word});
    const bool tagged = layout_.features.code_tag_mask >= kNumberTag;
    if (tagged && (word & kNumberTag) == kNumberTag) {
      variable.number = static_cast<int64_t>(word) >> kNumberShift;
    } else if (variable.object.is_null() || (is_cell && !LookThroughCell(variable))) {
      continue;
    }
    // 2.7 leaves an argument where it was after it has put it into a cell, too.
    const auto same =
        std::find_if(variables.begin(), variables.end(),
                     [&](const LocalVariable& each) { return is_cell && each.name == name.name; });
    if (same == variables.end()) {
      variables.push_back(std::move(variable));
    } else {
      *same = std::move(variable);
    }
  }
}

// False for an empty one: the variable is not set. An argument is not in its cell yet when its
// frame begins.
bool FrameLocals::LookThroughCell(LocalVariable& variable) {
  if (objects_.TypeName(variable.object) != "cell") return true;
  const RemoteAddress place = layout_.simple.cell_ref.At(variable.object);
  const auto held = memory_.ReadPointer(place);
  if (!held || held->is_null()) return false;
  variable.object = *held;
  variable.words.push_back({place, held->value()});
  return true;
}

void FrameLocals::AddDict(const uint8_t* copy, std::vector<LocalVariable>& variables) {
  const RemoteAddress locals = fields_.locals.In(copy);
  if (locals.is_null() || locals == fields_.globals.In(copy)) return;
  objects_.ForEachItem(locals, kMaxVariables, [&](RemoteAddress key, RemoteAddress value) {
    std::optional<std::string> name = objects_.String(key, kMaxVariableName);
    if (name) variables.push_back({*std::move(name), value, std::nullopt, {}});
    return true;
  });
}

std::vector<bool> FrameLocals::Still(const std::vector<LocalVariable>& variables) {
  std::vector<uint64_t> words;
  std::vector<ReadRequest> requests;
  for (const LocalVariable& variable : variables) {
    words.resize(words.size() + variable.words.size());
  }
  size_t next = 0;
  for (const LocalVariable& variable : variables) {
    for (const LocalVariable::Word& word : variable.words) {
      requests.push_back({word.address, &words[next++], kWord, 0});
    }
  }
  memory_.ReadBatch(absl::MakeSpan(requests));
  next = 0;
  std::vector<bool> same(variables.size(), true);
  for (size_t i = 0; i < variables.size(); ++i) {
    for (const LocalVariable::Word& word : variables[i].words) {
      const bool equal = requests[next].complete() && words[next] == word.value;
      if (!equal) same[i] = false;
      ++next;
    }
  }
  return same;
}

const FrameLocals::Code& FrameLocals::CodeAt(RemoteAddress code) {
  const auto found = codes_.find(code);
  if (found != codes_.end()) return found->second;
  if (codes_.size() >= kMaxCodes) codes_.clear();
  return codes_[code] = ReadCode(code);
}

FrameLocals::Code FrameLocals::ReadCode(RemoteAddress code) {
  const CodeLayout& fields = layout_.code;
  Code result;
  std::vector<uint8_t> copy(fields.size);
  if (!memory_.ReadAll(code, copy.data(), copy.size())) return result;
  result.has_fast_locals = (static_cast<uint32_t>(fields.flags.In(copy.data())) & kOptimized) != 0;
  if (fields.localsplusnames.present()) {
    ReadNames(fields.localsplusnames.In(copy.data()), kFastLocal, result.names);
    const auto kinds = objects_.Bytes(fields.localspluskinds.In(copy.data()));
    for (size_t i = 0; kinds && i < std::min(kinds->size(), result.names.size()); ++i) {
      result.names[i].kind = (*kinds)[i];
    }
    return result;
  }
  ReadNames(fields.varnames.In(copy.data()), kFastLocal, result.names);
  ReadNames(fields.cellvars.In(copy.data()), kFastCell, result.names);
  ReadNames(fields.freevars.In(copy.data()), kFastFree, result.names);
  return result;
}

void FrameLocals::ReadNames(RemoteAddress tuple, uint8_t kind, std::vector<Name>& names) {
  ContainerReader(memory_, layout_)
      .ForEachOfTuple(ObjectHeader(memory_, tuple), [&](RemoteAddress name) {
        names.push_back({objects_.String(name, kMaxVariableName).value_or("?"), kind});
        return names.size() < kMaxVariables;
      });
}

}  // namespace spyhop
