// Runs a fuzz target over checked-in inputs, for builds without libFuzzer: each argument is a file
// or a folder of files. Exit 0 when every input was survived, 1 when an argument could not be read.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

bool Replay(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  std::fprintf(stderr, "%s\n", path.c_str());  // Before the run: a crash then names its input.
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  // A copy of exactly this size on the heap, so that asan sees one byte past its end.
  const std::vector<uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool ok = argc > 1;
  size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    const fs::path argument(argv[i]);
    if (!fs::is_directory(argument)) {
      ok = Replay(argument) && ok;
      ++inputs;
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(argument)) {
      ok = Replay(entry.path()) && ok;
      ++inputs;
    }
  }
  if (inputs == 0) std::fprintf(stderr, "no inputs: a fuzz target needs a corpus folder\n");
  return ok && inputs > 0 ? 0 : 1;
}
