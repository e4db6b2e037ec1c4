#pragma once

/// Which operators two types have, so that a test can hold the forbidden ones to be compile errors:
/// static_assert(!Addable<Cny, Bytes>).

namespace dayan {

template <class A, class B = A>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B = A>
concept Subtractable = requires(A a, B b) {
  a - b;
};
template <class A, class B = A>
concept Multipliable = requires(A a, B b) {
  a* b;
};
template <class A, class B = A>
concept Dividable = requires(A a, B b) {
  a / b;
};
template <class A, class B = A>
concept Equatable = requires(A a, B b) {
  a == b;
};
template <class A, class B = A>
concept Orderable = requires(A a, B b) {
  a < b;
};

}  // namespace dayan
