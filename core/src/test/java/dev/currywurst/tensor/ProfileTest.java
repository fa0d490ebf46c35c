package dev.currywurst.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProfileTest {
  @Test
  void tellsTheSecondsOfEachOperation() {
    AtomicLong clock = new AtomicLong();
    try (Scope scope = Scope.open();
        Profile profile = Profile.open(() -> clock.getAndAdd(500_000_000))) {
      Tensor x = Tensor.full(2, DType.FLOAT32, 3);
      var unused = x.plus(x.times(x));
      assertThat(profile.seconds())
          .containsEntry("Arithmetic.plus", 0.5)
          .containsEntry("Arithmetic.times", 0.5);
    }
  }

  @Test
  void watchesOnlyWhileItIsOpenAndAlone() {
    try (Profile profile = Profile.open(System::nanoTime)) {
      assertThatThrownBy(() -> Profile.open(System::nanoTime))
          .isInstanceOf(IllegalStateException.class);
      assertThat(Profile.current()).isSameAs(profile);
    }
    assertThat(Profile.current()).isNull();
  }
}
