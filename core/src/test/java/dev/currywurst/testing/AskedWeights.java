package dev.currywurst.testing;

import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The names and shapes that a network of any size asks for.
 *
 * @param count the numbers in all weights, without buffers
 */
public record AskedWeights(Map<String, List<Long>> shapes, long count) {
  /** Builds a network of single numbers in the shape of many, so that nothing is allocated. */
  public static AskedWeights of(Function<Parameters, ?> network) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    Parameters.Source source =
        new Parameters.Source() {
          @Override
          public Tensor take(String name, Init init, long... shape) {
            shapes.put(name, Arrays.stream(shape).boxed().toList());
            return Tensor.zeros(DType.FLOAT32).expand(shape);
          }

          @Override
          public String origin() {
            return "a list of names";
          }
        };
    try (Scope scope = Scope.open();
        Parameters parameters = Parameters.from(source)) {
      var unused = network.apply(parameters);
      return new AskedWeights(shapes, parameters.count());
    }
  }
}
