#include "hal/store/chain_hasher.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {

ChainHasher::~ChainHasher() {
  if (!running_) return;
  stage_.store(Stage::stop, std::memory_order_release);
  stage_.notify_one();
  ::pthread_join(thread_, nullptr);
}

void ChainHasher::start() {
  tried_ = true;
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  running_ = ::pthread_attr_setstacksize(&attributes, hash_stack_bytes) == 0 &&
             ::pthread_create(&thread_, &attributes, run, this) == 0;
  ::pthread_attr_destroy(&attributes);
  if (running_) ::pthread_setname_np(thread_, "phal-hash");
}

void* ChainHasher::run(void* self) {
  static_cast<ChainHasher*>(self)->serve();
  return nullptr;
}

void ChainHasher::serve() {
  for (;;) {
    Stage stage = stage_.load(std::memory_order_acquire);
    if (stage == Stage::stop) return;
    if (stage != Stage::offered) {
      stage_.wait(stage, std::memory_order_acquire);
      continue;
    }
    // SYNC(hash_offered): acquire; see offer().
    if (!stage_.compare_exchange_strong(stage, Stage::taken, std::memory_order_acquire)) continue;
    hash_ = chain_of(block_);
    // SYNC(hash_done): release. Weaker, the flusher could take the hash of the block before.
    stage_.store(Stage::done, std::memory_order_release);
    stage_.notify_one();
  }
}

void ChainHasher::offer(std::span<const std::byte> block) {
  PHAL_ENFORCE(stage_.load(std::memory_order_relaxed) == Stage::idle, "one block is hashed at a time");
  block_ = block;
  if (!tried_) start();
  // SYNC(hash_offered): release. Weaker, the helper could hash bytes of an older block: a chain that looks broken.
  stage_.store(Stage::offered, std::memory_order_release);
  if (running_) stage_.notify_one();
}

void ChainHasher::settle() {
  Stage stage = Stage::offered;
  if (stage_.compare_exchange_strong(stage, Stage::idle, std::memory_order_acquire)) {
    hash_ = chain_of(block_);
    return;
  }
  // SYNC(hash_done): acquire; see serve().
  while (stage != Stage::done) {
    stage_.wait(stage, std::memory_order_acquire);
    stage = stage_.load(std::memory_order_acquire);
  }
  stage_.store(Stage::idle, std::memory_order_relaxed);
}

}  // namespace phalarope::hal
