// The ingress: order within a port, nothing lost between threads, refusal instead of growth.
#include "core/engine/lanes/ingress.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace phalarope {
namespace {

Event numbered(std::uint64_t number, std::uint8_t node) {
  Event event{};
  event.runtime_sequence = number;
  event.node = node;
  return event;
}

TEST(Ingress, PortsAreHandedOutUntilTheyAreUsedUp) {
  auto sut = std::make_unique<Ingress>(64, 2);
  EXPECT_TRUE(sut->attach().has_value());
  EXPECT_TRUE(sut->attach().has_value());
  EXPECT_EQ(sut->attach().error(), IngressError::ports_exhausted);
}

TEST(Ingress, HasAsManyPortsAsThereMayEverBeAndNoMore) {
  auto sut = std::make_unique<Ingress>(1, ingress_producers_max + 1);
  for (std::size_t i = 0; i < ingress_producers_max; ++i) ASSERT_TRUE(sut->attach().has_value()) << i;
  EXPECT_EQ(sut->attach().error(), IngressError::ports_exhausted);
  EXPECT_EQ(sut->attach().error(), IngressError::ports_exhausted) << "and it stays so";
}

TEST(Ingress, NothingIsDrainedIntoNoRoom) {
  auto sut = std::make_unique<Ingress>(1, 1);
  ASSERT_TRUE(sut->attach()->try_send(numbered(1, 0)));
  EXPECT_EQ(sut->drain({}), 0U);
  EXPECT_EQ(sut->size_approx(), 1U);
}

TEST(Ingress, EventsOfOnePortKeepTheirOrder) {
  auto sut = std::make_unique<Ingress>(1024, 1);
  auto port = sut->attach();
  ASSERT_TRUE(port.has_value());
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(port->try_send(numbered(i, 0)));
  std::array<Event, 64> out;
  std::uint64_t expected = 0;
  for (std::size_t count = sut->drain(out); count > 0; count = sut->drain(out)) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i].runtime_sequence, expected++);
  }
  EXPECT_EQ(expected, 1000U);
}

// contract: I10
TEST(Ingress, AFullIngressRefusesAndCountsAndRecovers) {
  constexpr std::size_t items_max = 64;
  auto sut = std::make_unique<Ingress>(items_max, 1);
  auto port = sut->attach();
  ASSERT_TRUE(port.has_value());
  std::size_t sent = 0;
  while (port->try_send(numbered(sent, 0))) ASSERT_LT(++sent, 100 * items_max) << "it grows without end";
  EXPECT_GE(sent, items_max);
  EXPECT_EQ(sut->refused_count(), 1U);
  std::vector<Event> out(sent);
  EXPECT_EQ(sut->drain(out), sent);
  EXPECT_TRUE(port->try_send(numbered(0, 0)));
}

// Found by the test with many threads: blocks stay with the producer that first used them.
TEST(Ingress, PortsThatHogLeaveALateStarterItsRoom) {
  constexpr std::size_t items_max = 64;
  auto sut = std::make_unique<Ingress>(items_max, 3);
  std::vector<Ingress::Port> ports;
  for (int i = 0; i < 3; ++i) ports.push_back(*sut->attach());
  std::vector<Event> out(1000);
  for (int lap = 0; lap < 10; ++lap) {
    for (int hog = 0; hog < 2; ++hog) {
      while (ports[static_cast<std::size_t>(hog)].try_send(numbered(0, 0))) {
      }
    }
    for (std::size_t i = 0; i < items_max; ++i) ASSERT_TRUE(ports[2].try_send(numbered(i, 2))) << lap << ' ' << i;
    while (sut->drain(out) > 0) {
    }
  }
}

TEST(Ingress, APartlyReadBlockStillLeavesTheWholeBound) {
  constexpr std::size_t items_max = 64;
  auto sut = std::make_unique<Ingress>(items_max, 1);
  auto port = *sut->attach();
  std::array<Event, 1> one;
  for (std::size_t held = 0; held < items_max; ++held) ASSERT_TRUE(port.try_send(numbered(held, 0)));
  for (std::size_t i = 0; i < 10 * items_max; ++i) {
    ASSERT_EQ(sut->drain(one), 1U);
    ASSERT_TRUE(port.try_send(numbered(i, 0))) << i;
  }
}

TEST(Ingress, FullCapacityWorksLapAfterLapWithoutTheIndexFillingUp) {
  auto sut = std::make_unique<Ingress>(ingress_port_items_max, 1);
  auto port = sut->attach();
  ASSERT_TRUE(port.has_value());
  std::vector<Event> out(ingress_port_items_max);
  for (std::uint64_t lap = 0; lap < 5; ++lap) {
    for (std::size_t i = 0; i < ingress_port_items_max; ++i)
      ASSERT_TRUE(port->try_send(numbered(i, 0))) << lap << ' ' << i;
    ASSERT_EQ(sut->drain(out), ingress_port_items_max);
  }
}

TEST(Ingress, ManyThreadsLoseNothingAndKeepEachPortsOrder) {
  constexpr std::uint8_t producers = 4;
  constexpr std::uint64_t events_each = 20'000;
  auto sut = std::make_unique<Ingress>(256, producers);
  std::vector<std::thread> threads;
  for (std::uint8_t id = 0; id < producers; ++id) {
    auto port = sut->attach();
    ASSERT_TRUE(port.has_value());
    threads.emplace_back([port = *port, id]() mutable {
      for (std::uint64_t i = 0; i < events_each; ++i) {
        while (!port.try_send(numbered(i, id))) std::this_thread::yield();
      }
    });
  }
  std::array<std::uint64_t, producers> next{};
  std::uint64_t wrong = 0;
  std::array<Event, 32> out;
  for (std::uint64_t taken = 0; taken < producers * events_each;) {
    const std::size_t count = sut->drain(out);
    if (count == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < count; ++i) wrong += out[i].runtime_sequence == next[out[i].node]++ ? 0 : 1;
    taken += count;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace phalarope
