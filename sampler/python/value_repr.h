// A target's object as Python's `repr` would write it, without a call of anything in the target:
// numbers, texts and containers to the letter; objects by their attributes, `Point(x=1, y=2)`,
// which is what a dataclass says of itself; others in the short form `<function f at 0x7f..>`.
//
// Bounded in depth, and in length: what is left out shows as an ellipsis (one character, not the
// three dots with which Python marks a cycle). What could not be read shows as `<unreadable>`.
// Where a class has a `__repr__` of its own, that is not what is shown. Values under names that the
// mask covers are not read. The target runs: values may change while they are read, which the
// caller has to find out. Some 3 to 10 small reads an object.
#ifndef SPYHOP_SAMPLER_PYTHON_VALUE_REPR_H_
#define SPYHOP_SAMPLER_PYTHON_VALUE_REPR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/container_reader.h"
#include "sampler/python/name_mask.h"
#include "sampler/python/object_header.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/type_reader.h"

namespace spyhop {

inline constexpr char kUnreadableValue[] = "<unreadable>";

struct ReprLimits {
  int depth = 3;        // containers within containers; 0: none is looked into
  size_t length = 400;  // bytes of text, about
};

class ValueRepr {
 public:
  // All must outlive this.
  ValueRepr(RemoteMemory& memory, const Layout& layout, const ReprLimits& limits,
            const NameMask& mask);

  struct Result {
    std::string value;
    std::string type;  // empty: not known
  };
  Result Of(RemoteAddress object);
  // Its type alone, `<masked>` for a value.
  Result Masked(RemoteAddress object);

 private:
  struct Subject {
    const ObjectHeader& header;
    const TypeInfo& type;
    int depth = 0;  // of what it holds

    RemoteAddress address() const { return header.object(); }
  };
  using Attributes = std::vector<std::pair<std::string, RemoteAddress>>;
  // Marks a container as being written.
  class Opened {
   public:
    Opened(ValueRepr& repr, RemoteAddress object) : repr_(repr) { repr.open_.push_back(object); }
    ~Opened() { repr_.open_.pop_back(); }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

   private:
    ValueRepr& repr_;
  };
  class Elements;

  // value_repr.cc: anything; numbers and texts.
  void Append(RemoteAddress object, int depth);
  void AppendSubject(const Subject& subject);
  bool AppendAtom(const Subject& subject);
  bool AppendContainer(const Subject& subject);
  bool AppendCallable(const Subject& subject);
  void AppendInteger(const Subject& subject);
  void AppendFloat(const Subject& subject);
  void AppendComplex(const Subject& subject);
  void AppendText(const Subject& subject);
  void AppendBytes(const Subject& subject, const char* prefix);
  void AppendByteArray(const Subject& subject);
  void AppendRange(const Subject& subject);
  void AppendSlice(const Subject& subject);

  // value_repr_containers.cc
  void AppendList(const Subject& subject);
  void AppendTuple(const Subject& subject);
  void AppendNamedTuple(const Subject& subject, const std::vector<std::string>& fields);
  void AppendDict(const Subject& subject);
  void AppendOrderedDict(const Subject& subject);
  void AppendDefaultDict(const Subject& subject);
  void AppendSet(const Subject& subject);
  void AppendDeque(const Subject& subject);
  bool IsOpen(RemoteAddress object) const;
  std::string NameIn(RemoteAddress key);
  void AppendUnderKey(RemoteAddress key, RemoteAddress value, int depth);
  std::vector<std::string> FieldsOf(const TypeInfo& type);

  // value_repr_objects.cc
  void AppendWithOwnRepr(const Subject& subject);
  bool AppendEnumMember(const Subject& subject);
  void AppendInstance(const Subject& subject);
  void AppendAttributes(const Subject& subject, const std::string& name,
                        const Attributes& attributes);
  void AppendOldInstance(const Subject& subject);
  void AppendException(const Subject& subject);
  void AppendFunction(const Subject& subject);
  void AppendBuiltin(const Subject& subject);
  void AppendMethod(const Subject& subject);
  void AppendGenerator(const Subject& subject);
  void AppendCode(const Subject& subject);
  void AppendModule(const Subject& subject);
  void AppendType(const Subject& subject);
  void AppendCell(const Subject& subject);
  void AppendArray(const Subject& subject);
  void AppendShort(const Subject& subject);
  std::string StringAt(RemoteAddress object);
  std::string StringOf(const ObjectHeader& header, const PointerField& field);

  bool full() const { return out_.size() >= limits_.length; }
  void Write(std::string_view text) { out_.append(text); }
  size_t room() const;
  const TypeInfo* TypeOf(const ObjectHeader& header);
  bool python2() const { return layout_.features.repr_style == ReprStyle::kPython2; }

  RemoteMemory& memory_;
  const Layout& layout_;
  const ReprLimits limits_;
  const NameMask& mask_;
  ObjectReader objects_;
  ContainerReader containers_;
  TypeReader types_;
  std::string out_;
  std::vector<RemoteAddress> open_;  // containers that are being written
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_VALUE_REPR_H_
