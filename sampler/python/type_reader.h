// The types of a target's objects: what an object of each is laid out like, and whether `repr` of
// it is the one of the built-in type that it derives from.
//
// Each type is read once, some ten small reads; a type whose address is used again for another one
// within the reader's life (a snapshot) is not noticed. Everything read is hostile: a pointer that
// leads to no type is null, chains of bases are bounded.
#ifndef SPYHOP_SAMPLER_PYTHON_TYPE_READER_H_
#define SPYHOP_SAMPLER_PYTHON_TYPE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/object_reader.h"

namespace spyhop {

// The built-in type that a type is or derives from, of those whose layout is known.
enum class TypeKind : uint8_t {
  kObject,
  kNone,
  kEllipsis,
  kNotImplemented,
  kBool,
  kInt,
  kLong,  // 2.7
  kFloat,
  kComplex,
  kStr,
  kUnicode,  // 2.7
  kBytes,
  kByteArray,
  kList,
  kTuple,
  kDict,
  kDefaultDict,
  kOrderedDict,
  kSet,
  kFrozenSet,
  kDeque,
  kRange,
  kSlice,
  kFunction,
  kBuiltin,
  kMethod,
  kGenerator,  // and coroutine, asynchronous generator
  kCode,
  kModule,
  kType,
  kException,
  kCell,
  kArray,        // numpy.ndarray
  kOldInstance,  // 2.7
  kOldClass,     // 2.7
};

struct TypeSlot {
  std::string name;
  int64_t offset = 0;  // of the pointer, in the instance
};

struct TypeInfo {
  RemoteAddress address;
  TypeKind kind = TypeKind::kObject;
  bool own_repr = false;  // `repr` is not that of `kind`
  bool on_heap = false;   // made by a class statement or the like, not part of the interpreter
  std::string name;       // __name__
  std::string qualname;   // __qualname__
  std::string module;     // __module__; empty: built in
  std::vector<TypeSlot> slots;  // of __slots__, the base's first

  // As `repr` of an object names it: "list", "collections.deque", "__main__.Point".
  std::string FullName() const { return module.empty() ? qualname : module + "." + qualname; }
};

class TypeReader {
 public:
  // Both must outlive the reader.
  TypeReader(RemoteMemory& memory, const Layout& layout);

  // Null when there is no type at `address`. Valid as long as the reader.
  const TypeInfo* Find(RemoteAddress address);
  // Something of the type's own dict or of its bases'.
  std::optional<RemoteAddress> Attribute(RemoteAddress type, std::string_view name);

 private:
  struct Head;

  std::optional<Head> ReadHead(RemoteAddress address);
  bool IsType(RemoteAddress address);
  std::unique_ptr<TypeInfo> Read(RemoteAddress address);
  std::string ReadTypeName(const Head& head);
  void ReadNames(const Head& head, TypeInfo& info);
  void ReadSlots(const Head& head, std::vector<TypeSlot>& slots);

  RemoteMemory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  absl::flat_hash_map<RemoteAddress, std::unique_ptr<TypeInfo>> types_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_TYPE_READER_H_
