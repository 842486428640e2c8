#include "cli/daemon/job_threads.h"

#include <utility>

#include "base/start_thread.h"

namespace spyhop {

JobThreads::JobThreads(int count) {
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<std::thread> thread = StartThread([this] { Run(); });
    if (thread.ok()) threads_.push_back(*std::move(thread));
  }
}

JobThreads::~JobThreads() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JobThreads::Add(std::function<void()> job) {
  if (threads_.empty()) return job();
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void JobThreads::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (closing_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace spyhop
