package dev.currywurst.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withPrecision;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void drawsTheNumbersThatPythonDraws() {
    try (Scope scope = Scope.open();
        Generator generator = new Generator(42)) {
      // torch.randn(5, generator=torch.Generator().manual_seed(42))
      assertThat(generator.normal(DType.FLOAT32, 5).toFloats())
          .containsExactly(
              new float[] {0.33669f, 0.12881f, 0.23446f, 0.23033f, -1.12286f},
              withPrecision(1e-5f));
    }
  }

  @Test
  void freesWhatAScopeMadeAndKeepsWhatItIsTold() {
    long before = Scope.liveTensors();
    try (Scope outer = Scope.open()) {
      Tensor kept =
          Scope.tidy(
              () -> {
                Tensor a = Tensor.of(new float[] {1, 2}, 2);
                return a.times(3).plus(a);
              });
      assertThat(Scope.liveTensors()).isEqualTo(before + 1);
      assertThat(kept.toFloats()).containsExactly(4, 8);
    }
    assertThat(Scope.liveTensors()).isEqualTo(before);
  }

  @Test
  void refusesToMakeATensorThatNobodyOwns() {
    long before = Scope.liveTensors();
    for (ThrowingCallable ownerless :
        List.<ThrowingCallable>of(
            () -> Tensor.zeros(DType.FLOAT32, 1),
            () -> Tensor.of(new float[] {1}, 1),
            () -> Scope.tidy(() -> Tensor.zeros(DType.FLOAT32, 1)))) {
      assertThatThrownBy(ownerless)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no Scope is open");
    }
    assertThat(Scope.liveTensors()).isEqualTo(before);
  }

  @Test
  void refusesWhatIsAskedOfAClosedTensor() {
    try (Scope scope = Scope.open()) {
      Tensor closed = Tensor.zeros(DType.FLOAT32, 2);
      Tensor open = Tensor.zeros(DType.FLOAT32, 2);
      closed.close();
      for (ThrowingCallable question :
          List.<ThrowingCallable>of(
              closed::shape,
              closed::dtype,
              closed::toFloats,
              () -> closed.plus(open),
              () -> open.plus(closed),
              () -> open.plusInPlace(closed))) {
        assertThatThrownBy(question)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("This tensor was closed, alone or with its scope.");
      }
      assertThatThrownBy(() -> open.size(1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(open.size(-1)).isEqualTo(2);
    }
  }

  @Test
  void tellsErrorsInOneLine() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.zeros(DType.FLOAT32, 2, 3);
      assertThatThrownBy(() -> a.matmul(a))
          .isInstanceOf(EngineException.class)
          .hasMessage("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
    }
  }

  @Test
  void differentiates() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, -2, 3}, 3).requiresGrad(true);
      x.square().sum().backward();
      assertThat(x.grad().toFloats()).containsExactly(2, -4, 6);
      x.clearGrad();
      assertThat(x.grad()).isNull();
      Tensor frozen = Grad.off(() -> x.square());
      assertThat(frozen.requiresGrad()).isFalse();
    }
  }

  @Test
  void sharesMemoryWithABuffer() {
    var buffer = java.nio.ByteBuffer.allocateDirect(8).order(java.nio.ByteOrder.nativeOrder());
    buffer.putFloat(0, 1.5f).putFloat(4, 2.5f);
    try (Scope scope = Scope.open()) {
      Tensor shared = Tensor.wrap(buffer, DType.FLOAT32, 2);
      buffer.putFloat(0, 7f);
      assertThat(shared.toFloats()).containsExactly(7f, 2.5f);
      assertThat(shared.bytes().getFloat(4)).isEqualTo(2.5f);
    }
  }

  @Test
  void keepsWrappedMemoryUntilTheLastHandleOnItIsClosed() throws InterruptedException {
    Lent lent = Lent.secondOfTwo();
    System.gc();
    assertThat(lent.memory().get()).as("while a view is open").isNotNull();
    assertThat(lent.view().item()).isEqualTo(2);
    lent.view().close();
    for (int i = 0; i < 100 && lent.memory().get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(lent.memory().get()).as("after the view is closed").isNull();
  }

  /** A view on Java's memory, with no other strong reference to that. */
  private record Lent(WeakReference<ByteBuffer> memory, Tensor view) {
    static Lent secondOfTwo() {
      ByteBuffer bytes = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
      bytes.putFloat(1).putFloat(2).flip();
      try (Scope scope = Scope.open()) {
        Tensor first = Tensor.wrap(bytes, DType.FLOAT32, 2);
        // Neither a conversion that changes nothing nor a view copies.
        Tensor view = first.to(DType.FLOAT32).to(Device.CPU).narrow(0, 1, 1).own();
        return new Lent(new WeakReference<>(bytes), view);
      }
    }
  }

  @Test
  void splitsIntoViewsWhoseGradientsMeetAgain() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(10).reshape(2, 5).requiresGrad(true);
      List<Tensor> parts = x.split(-1, 2, 3);
      assertThat(parts.get(0).toFloats()).containsExactly(0, 1, 5, 6);
      assertThat(parts.get(1).toFloats()).containsExactly(2, 3, 4, 7, 8, 9);
      parts.get(0).times(2).sum().plus(parts.get(1).times(3).sum()).backward();
      assertThat(Objects.requireNonNull(x.grad()).toFloats())
          .containsExactly(2, 2, 3, 3, 3, 2, 2, 3, 3, 3);
      assertThat(Tensor.range(4).halves(0).second().toFloats()).containsExactly(2, 3);
    }
  }
}
