// Calls back from where a C++ exception was caught, below templates and methods.
#include <stdexcept>
#include <vector>

namespace shapes {

class Thrower {
 public:
  explicit Thrower(void (*callback)()) : callback_(callback) {}
  __attribute__((noinline)) void Throw(int depth) {
    if (depth == 0) throw std::runtime_error("caught below");
    Throw(depth - 1);
    asm volatile("");
  }
  template <typename T>
  __attribute__((noinline)) T Catch(const std::vector<T>& values) {
    try {
      Throw(5);
    } catch (const std::exception&) {
      callback_();
    }
    return values.front();
  }

 private:
  void (*const callback_)();
};

}  // namespace shapes

extern "C" int throw_and_catch(void (*callback)()) {
  return shapes::Thrower(callback).Catch(std::vector<int>{1, 2});
}
