// Python objects in a FakeMemory, for any layout: what CPython would have put there.
//
// Only as much of each object as Spyhop reads; offsets come from the layout alone, so a test
// written with it runs over every table.
#ifndef SPYHOP_TESTS_FAKES_OBJECT_BUILDER_H_
#define SPYHOP_TESTS_FAKES_OBJECT_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "interp_layouts/layout.h"
#include "tests/fakes/fake_memory.h"

namespace spyhop {

class ObjectBuilder {
 public:
  using Items = std::vector<std::pair<RemoteAddress, RemoteAddress>>;

  // How a dict keeps its entries (3.x; 2.7 has one way).
  enum class DictShape { kGeneral, kUnicodeKeys, kSplit };
  // Where an instance keeps its attributes, as far as its version has the choice.
  enum class InstanceShape { kDict, kValues };

  ObjectBuilder(FakeMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // `size` readable zero bytes with some before them, 16-byte aligned.
  RemoteAddress Allocate(uint64_t size);

  RemoteAddress Type(std::string_view name, uint64_t flags, int64_t basic_size = 16,
                     int64_t dict_offset = 0);
  // The shortest form that 3.x would choose; 2.7: str.
  RemoteAddress Str(std::u32string_view text);
  RemoteAddress Str(std::string_view ascii);
  RemoteAddress LegacyStr(std::u32string_view text);       // 3.x: not compact, to 3.11
  RemoteAddress Python2Unicode(std::u32string_view text);  // 2.7
  RemoteAddress Bytes(std::string_view bytes);
  RemoteAddress Int(int64_t value);    // 2.7: int
  RemoteAddress Long(__int128 value);  // 2.7: long
  RemoteAddress Dict(const Items& items, DictShape shape = DictShape::kGeneral);
  RemoteAddress Instance(const Items& items, InstanceShape shape, std::string_view type = "C");
  RemoteAddress Module(RemoteAddress dict);

  // An interpreter with one thread that runs one frame of a code object.
  struct World {
    RemoteAddress runtime;  // 3.7+
    RemoteAddress head;     // the variable
    RemoteAddress interpreter;
    RemoteAddress tstate;
    RemoteAddress modules;
    RemoteAddress frame;
    RemoteAddress code;
  };
  // sys.hexversion says `hexversion`; sys.gettotalrefcount is there when the layout is a debug one.
  World Interpreter(uint32_t hexversion);

  template <typename T>
  void Put(RemoteAddress object, Field<T> field, T value) {
    if (field.present()) memory_.Set(field.At(object), value);
  }

 private:
  RemoteAddress Object(RemoteAddress type, uint64_t size);
  RemoteAddress Keys(const Items& items, DictShape shape);
  RemoteAddress Values(const Items& items, RemoteAddress at);
  RemoteAddress Builtin(std::string_view name, uint64_t flags);
  void PutUnits(RemoteAddress at, std::u32string_view text, size_t unit_size);
  void PutFrame(World& world);

  FakeMemory& memory_;
  const Layout& layout_;
  uint64_t next_ = 0x7f0000000000;
  std::vector<std::pair<std::string, RemoteAddress>> builtins_;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_FAKES_OBJECT_BUILDER_H_
