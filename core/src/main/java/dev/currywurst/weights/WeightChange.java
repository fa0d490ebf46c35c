package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Other values for some of a file's weights, made while a network takes them: what is merged so
 * costs nothing afterwards, and the file stays as it is.
 */
public interface WeightChange {
  /** The weights that it changes, by the network's names for them. */
  Set<String> names();

  /**
   * The weight to take.
   *
   * @param stored the file's, in float32; not to be changed in place
   * @return float32, of the same shape, owned by the open scope
   * @throws CurrywurstException if it does not fit
   */
  Tensor apply(String name, Tensor stored);

  /** What is changing them, for messages. */
  String origin();

  /** This one first, then {@code next} on what it made. */
  default WeightChange then(WeightChange next) {
    WeightChange first = this;
    return new WeightChange() {
      @Override
      public Set<String> names() {
        Set<String> names = new LinkedHashSet<>(first.names());
        names.addAll(next.names());
        return names;
      }

      @Override
      public Tensor apply(String name, Tensor stored) {
        Tensor changed = first.names().contains(name) ? first.apply(name, stored) : stored;
        return next.names().contains(name) ? next.apply(name, changed) : changed;
      }

      @Override
      public String origin() {
        return first.origin() + " with " + next.origin();
      }
    };
  }

  /** {@code then}, or what there is of both. */
  static Optional<WeightChange> both(Optional<WeightChange> first, Optional<WeightChange> next) {
    return first.isPresent() && next.isPresent()
        ? Optional.of(first.get().then(next.get()))
        : first.or(() -> next);
  }
}
