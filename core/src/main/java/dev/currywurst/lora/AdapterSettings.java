package dev.currywurst.lora;

import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which layers learn low-rank additions, and of what size.
 *
 * @param rank of the factors: how much they can express, and how large the file is
 * @param alpha the additions are scaled by alpha / rank
 * @param targets layers' names or the ends of them, or expressions for whole names, as peft takes
 *     them; {@link #ALL_LINEAR} alone stands for every linear layer
 * @param dropout share of a layer's inputs that the addition does not see while training
 */
public record AdapterSettings(int rank, double alpha, List<String> targets, double dropout) {
  /** The projections of attention, in Stage C and in text towers. */
  public static final List<String> ATTENTION =
      List.of("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj");

  /** As peft calls it. */
  public static final String ALL_LINEAR = "all-linear";

  public AdapterSettings {
    targets = List.copyOf(targets);
    if (rank < 1 || rank > 4096) {
      throw new CurrywurstException(
          "The rank of the LoRA is %d; give 1 to 4096, such as 4.".formatted(rank));
    }
    if (!(alpha > 0) || !Double.isFinite(alpha)) {
      throw new CurrywurstException(
          "The alpha of the LoRA is %s; give a number above 0, such as its rank.".formatted(alpha));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new CurrywurstException(
          "The dropout of the LoRA is %s; it must be from 0 to below 1.".formatted(dropout));
    }
    if (targets.isEmpty()) {
      throw new CurrywurstException("The LoRA has no targets; name layers, such as to_q.");
    }
    targets.forEach(AdapterSettings::expression);
  }

  /** Attention at this rank with alpha equal to it, as diffusers' script trains Würstchen. */
  public static AdapterSettings of(int rank) {
    return new AdapterSettings(rank, rank, ATTENTION, 0);
  }

  public AdapterSettings withAlpha(double newAlpha) {
    return new AdapterSettings(rank, newAlpha, targets, dropout);
  }

  public AdapterSettings withTargets(List<String> newTargets) {
    return new AdapterSettings(rank, alpha, newTargets, dropout);
  }

  public AdapterSettings withDropout(double newDropout) {
    return new AdapterSettings(rank, alpha, targets, newDropout);
  }

  double scale() {
    return alpha / rank;
  }

  /** True if the layer called {@code module} learns. */
  public boolean wants(String module) {
    return targets.stream()
        .anyMatch(
            target ->
                target.equals(ALL_LINEAR)
                    || module.equals(target)
                    || module.endsWith("." + target)
                    || expression(target).matcher(module).matches());
  }

  private static Pattern expression(String target) {
    try {
      return Pattern.compile(target);
    } catch (PatternSyntaxException e) {
      throw new CurrywurstException(
          "The LoRA's target %s is neither the end of a layer's name nor a valid expression for one."
              .formatted(target),
          e);
    }
  }
}
