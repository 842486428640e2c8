// Code objects read once: file, qualified name and line table, by address.
//
// An address may be reused for another code object after the first was freed, so every entry keeps
// the object's identity (pointers and numbers of its fields) and Verify() compares them again, in
// one batched read, at most every 0.5 ms for each code. A first read costs about ten system calls
// and allocates: never while the target is stopped.
#ifndef SPYHOP_SAMPLER_PYTHON_CODE_CACHE_H_
#define SPYHOP_SAMPLER_PYTHON_CODE_CACHE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/line_table.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

struct CodeInfo {
  uint32_t serial = 0;  // never used again, unlike the address
  std::string file;
  std::string function;  // qualified where the version has it
  int32_t first_line = 0;
  bool generator = false;  // or coroutine, or asynchronous generator
  std::vector<uint8_t> line_table;
};

class CodeCache {
 public:
  // Both must outlive the cache.
  CodeCache(RemoteMemory& memory, const Layout& layout);

  // Forgets those codes of `stack` that are no longer what was cached.
  void Verify(const RawStack& stack, Nanos now);
  // The code at `address`, read on a miss; null when there is no code object. The pointer is valid
  // until the next call of Verify or Find.
  const CodeInfo* Find(RemoteAddress address, Nanos now);

  // Where `frame` is in `code`; the byte offset of its instruction.
  int32_t InstructionOffset(const RawFrame& frame) const;
  Position PositionOf(const CodeInfo& code, const RawFrame& frame) const;

 private:
  // Pointers and numbers that differ between any two code objects of one program, as a rule.
  using Identity = std::array<uint64_t, 6>;
  struct Entry {
    CodeInfo info;
    Identity identity{};
    Nanos verified = 0;
  };

  Identity IdentityOf(const uint8_t* copy) const;
  std::unique_ptr<Entry> ReadCode(RemoteAddress address);
  bool IsCodeType(RemoteAddress type);

  RemoteMemory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  RemoteAddress code_type_;
  uint32_t next_serial_ = 1;
  absl::flat_hash_map<RemoteAddress, std::unique_ptr<Entry>> entries_;
  size_t tables_ = 0;  // bytes of line tables in entries_
  std::vector<ReadRequest> batch_;
  std::vector<RemoteAddress> checked_;
  std::vector<uint8_t> copies_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_CODE_CACHE_H_
