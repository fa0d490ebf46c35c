package dev.currywurst.testing;

import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Random weights for any layer, none of them zero, and copies of them to compute with by hand. */
public final class DrawnWeights implements Parameters.Source, AutoCloseable {
  private final boolean frozen;
  private final Generator random;
  private final Scope scope = Scope.open();
  private final Map<String, Tensor> copies = new LinkedHashMap<>();

  /**
   * Float32 weights that live until this is closed.
   *
   * @param frozen whether layers may bring them into another form
   */
  public DrawnWeights(long seed, boolean frozen) {
    this.random = new Generator(seed);
    this.frozen = frozen;
  }

  @Override
  public Tensor take(String name, Init init, long... shape) {
    long fan = 1;
    for (int i = 1; i < shape.length; i++) {
      fan *= shape[i];
    }
    Tensor drawn = random.normal(DType.FLOAT32, shape).times(1 / Math.sqrt((double) fan));
    copies.put(name, drawn.copy().own());
    return drawn;
  }

  /** What was given out under this name. */
  public Tensor of(String name) {
    Tensor copy = copies.get(name);
    if (copy == null) {
      throw new IllegalArgumentException(name + " was not asked for, but " + copies.keySet());
    }
    return copy;
  }

  @Override
  public String origin() {
    return "drawn weights";
  }

  @Override
  public boolean frozen() {
    return frozen;
  }

  @Override
  public void close() {
    copies.values().forEach(Tensor::close);
    scope.close();
    random.close();
  }
}
