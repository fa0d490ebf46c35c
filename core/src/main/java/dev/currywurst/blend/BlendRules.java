package dev.currywurst.blend;

import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How much of the second model each weight gets.
 *
 * @param alpha of the weights of Stage C and its text tower that no rule names; 0 is the first
 *     model, 1 the second, and what lies outside leads further along the line between them
 * @param rules the first that matches a weight decides
 */
public record BlendRules(double alpha, List<BlendRule> rules) {
  public BlendRules {
    rules = List.copyOf(rules);
    if (!Double.isFinite(alpha)) {
      throw new CurrywurstException(
          "Alpha is %s; give a number, such as 0.5 for the mean of both models.".formatted(alpha));
    }
  }

  /** The same rules with another alpha for the rest. */
  public BlendRules withAlpha(double other) {
    return new BlendRules(other, rules);
  }

  /** Empty for a weight that must be the same in both models: nothing says what to take. */
  OptionalDouble alpha(BlendedWeight weight) {
    Optional<BlendRule> rule = rule(weight);
    if (rule.isPresent()) {
      return OptionalDouble.of(rule.get().alpha());
    }
    boolean isDefault =
        weight.component() == Component.PRIOR || weight.component() == Component.PRIOR_TEXT_ENCODER;
    return isDefault ? OptionalDouble.of(alpha) : OptionalDouble.empty();
  }

  Optional<BlendRule> rule(BlendedWeight weight) {
    return rules.stream().filter(rule -> rule.matches(weight)).findFirst();
  }
}
