// The memory of a process that is no more: what its core file holds, and, for what was left out of
// that, the files that were mapped there.
//
// A page that is in neither is not readable, as one that was never mapped. A read costs a pread,
// 0.3 us. Not thread-safe.
#ifndef SPYHOP_SYMBOLIZER_CORE_MEMORY_H_
#define SPYHOP_SYMBOLIZER_CORE_MEMORY_H_

#include <cstdint>
#include <vector>

#include "base/remote_memory.h"
#include "base/scoped_fd.h"
#include "symbolizer/core_file.h"

namespace spyhop {

class CoreMemory : public RemoteMemory {
 public:
  // `core` must outlive this.
  explicit CoreMemory(const CoreFile& core);

  // `range` is what `fd` holds from `offset` on, where the core file does not say otherwise. `fd`
  // must stay open. Ranges that overlap one that was added before are left out.
  void AddFile(const AddressRange& range, int fd, uint64_t offset);

  size_t ReadBatch(absl::Span<ReadRequest> requests) noexcept override;

 private:
  struct Piece {
    AddressRange range;
    int fd = -1;
    uint64_t offset = 0;
  };

  size_t ReadPiece(RemoteAddress address, char* to, size_t size) const noexcept;
  static const Piece* FirstBehind(const std::vector<Piece>& pieces, RemoteAddress address) noexcept;

  std::vector<Piece> written_;  // in the core file; both by address
  std::vector<Piece> files_;
};

}  // namespace spyhop

#endif  // SPYHOP_SYMBOLIZER_CORE_MEMORY_H_
