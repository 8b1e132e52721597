// FunctionRef<R(Args...)>: a non-owning reference to a callable; two words, no allocation.
// The callable must outlive the reference: pass it down a call, never store it.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace phalarope {

template <typename Signature>
class FunctionRef;

template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, FunctionRef> &&
             std::is_invocable_r_v<R, Callable&, Args...>)
  constexpr FunctionRef(Callable&& callable) noexcept  // NOLINT(google-explicit-constructor): a view, as string_view
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::add_pointer_t<std::remove_reference_t<Callable>>>(object))(
              std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace phalarope
