// Lets one thread keep all samplers of this process out of their targets for a while, as before
// Spyhop itself is stopped (Ctrl-Z): a thread that a stopped Spyhop holds would stay held.
//
// A sampler is inside from its first round to its last, and between two rounds comes out when it
// sees the gate closed. Asking costs one load of an atomic.
#ifndef SPYHOP_SAMPLER_SAMPLING_GATE_H_
#define SPYHOP_SAMPLER_SAMPLING_GATE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace spyhop {

class SamplingGate {
 public:
  // From now on nobody comes in. True when all have come out, which takes up to 0.1 s; who takes
  // longer than `patience` may hold a thread of a target. Open() ends it in both cases.
  bool Close(std::chrono::milliseconds patience = std::chrono::seconds(3));
  void Open();
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  // Waits as long as it is closed.
  void Enter();
  void Leave();

 private:
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
};

class ScopedEntry {
 public:
  explicit ScopedEntry(SamplingGate& gate) : gate_(gate) { gate_.Enter(); }
  ~ScopedEntry() { gate_.Leave(); }
  ScopedEntry(const ScopedEntry&) = delete;
  ScopedEntry& operator=(const ScopedEntry&) = delete;

 private:
  SamplingGate& gate_;
};

// As long as it lives nothing is sampled.
class ScopedHalt {
 public:
  explicit ScopedHalt(SamplingGate& gate) : gate_(gate), halted_(gate.Close()) {}
  ~ScopedHalt() { gate_.Open(); }
  ScopedHalt(const ScopedHalt&) = delete;
  ScopedHalt& operator=(const ScopedHalt&) = delete;

  // False: some sampler is stuck, and may hold a thread.
  bool halted() const { return halted_; }

 private:
  SamplingGate& gate_;
  const bool halted_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_SAMPLING_GATE_H_
