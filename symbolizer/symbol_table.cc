#include "symbolizer/symbol_table.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

namespace spyhop {
namespace {

// Functions that begin inside another one: so many at most are passed over.
constexpr int kNested = 8;

// Smaller is better.
auto Rank(const ElfSymbol& symbol) {
  const size_t underscores = std::min(symbol.name.find_first_not_of('_'), symbol.name.size());
  return std::make_tuple(symbol.size == 0, symbol.local, underscores, symbol.name.size(),
                         std::string_view(symbol.name));
}

}  // namespace

SymbolTable::SymbolTable(const ElfFile& file, const ElfFile* more) {
  std::vector<ElfSymbol> symbols = file.FindFunctions({{"*"}});
  if (more != nullptr) {
    std::vector<ElfSymbol> others = more->FindFunctions({{"*"}});
    std::move(others.begin(), others.end(), std::back_inserter(symbols));
  }
  for (ElfSymbol& symbol : symbols) {
    if (const size_t at = symbol.name.find('@'); at != 0 && at != std::string::npos) {
      symbol.name.resize(at);
    }
  }
  std::sort(symbols.begin(), symbols.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
    return a.address != b.address ? a.address < b.address : Rank(a) < Rank(b);
  });
  const auto repeated =
      std::unique(symbols.begin(), symbols.end(),
                  [](const ElfSymbol& a, const ElfSymbol& b) { return a.address == b.address; });
  symbols.erase(repeated, symbols.end());
  entries_.reserve(symbols.size());
  for (size_t i = 0; i < symbols.size(); ++i) {
    const ElfSymbol& symbol = symbols[i];
    if (names_.size() + symbol.name.size() > std::numeric_limits<uint32_t>::max()) break;
    const uint64_t next = i + 1 < symbols.size() ? symbols[i + 1].address : symbol.address + 1;
    // A PLT has no symbols: what stands before it (_init) must not claim it.
    const uint64_t end =
        symbol.size != 0 ? symbol.address + symbol.size : std::min(next, symbol.section_end);
    entries_.push_back({symbol.address, end, static_cast<uint32_t>(names_.size()),
                        static_cast<uint32_t>(symbol.name.size())});
    names_ += symbol.name;
  }
}

std::optional<SymbolTable::Function> SymbolTable::Find(uint64_t address) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t at, const Entry& entry) { return at < entry.address; });
  for (int i = 0; i < kNested && after != entries_.begin(); ++i) {
    const Entry& entry = *--after;
    if (address >= entry.end) continue;
    return Function{std::string_view(names_).substr(entry.name_at, entry.name_size), entry.address};
  }
  return std::nullopt;
}

}  // namespace spyhop
