package dev.currywurst.blend;

import dev.currywurst.tensor.CurrywurstException;
import java.util.regex.Pattern;

/**
 * How much of the second model some weights get.
 *
 * @param pattern a kind ({@code attention}), a network ({@code prior}), a kind of one ({@code
 *     prior:attention}), the beginning of names up to a dot ({@code prior.blocks.2}), or a name
 *     with {@code *} for anything
 * @param alpha 0 keeps the first model's, 1 takes the second's
 */
public record BlendRule(String pattern, double alpha) {
  public BlendRule {
    if (!Double.isFinite(alpha)) {
      throw new CurrywurstException(
          "The rule for %s gives %s; give a number such as 0.5.".formatted(pattern, alpha));
    }
    if (pattern.isBlank()) {
      throw new CurrywurstException("A rule names no weights; write it as attention=0.5.");
    }
  }

  /**
   * Reads {@code PATTERN=ALPHA}.
   *
   * @throws CurrywurstException if it is not written so
   */
  public static BlendRule parse(String text) {
    int equals = text.lastIndexOf('=');
    try {
      return new BlendRule(
          text.substring(0, Math.max(0, equals)), Double.parseDouble(text.substring(equals + 1)));
    } catch (NumberFormatException e) {
      throw new CurrywurstException(
          "The rule %s is not PATTERN=ALPHA, such as attention=0.5.".formatted(text), e);
    }
  }

  boolean matches(BlendedWeight weight) {
    if (pattern.contains("*")) {
      String expression = Pattern.quote(pattern).replace("*", "\\E.*\\Q");
      return Pattern.matches(expression, weight.toString());
    }
    return pattern.equals(weight.kind())
        || pattern.equals(weight.group())
        || weight.toString().equals(pattern)
        || weight.toString().startsWith(pattern + ".");
  }

  /** As it was written. */
  @Override
  public String toString() {
    return pattern + "=" + alpha;
  }
}
