package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;

/** How much the error at a noise level counts. */
sealed interface Weighting {
  /**
   * Weights of samples.
   *
   * @param signal ᾱ of each sample's level, [B], float32
   * @return [B]
   */
  Tensor of(Tensor signal);

  /** True if the weights depend on what was learned so far: see {@link LevelLosses}. */
  default boolean adapts() {
    return false;
  }

  /** Those without numbers of their own. */
  enum Fixed implements Weighting {
    /** All levels alike: diffusers' script. */
    PLAIN,
    /**
     * Less where little noise is left (Choi et al. 2022): (1 + ᾱ/(1 - ᾱ))⁻¹, which is 1 - ᾱ. The
     * original's.
     */
    P2;

    @Override
    public Tensor of(Tensor signal) {
      return Scope.tidy(
          () ->
              switch (this) {
                case PLAIN -> signal.times(0).plus(1);
                case P2 -> signal.negate().plus(1);
              });
    }
  }

  /**
   * min(SNR, γ) / SNR (Hang et al. 2023): as {@link Fixed#PLAIN} where much noise is left, and less
   * and less below. diffusers' {@code snr_gamma}, for networks that predict the noise.
   *
   * @param gamma signal to noise from which on errors count less; 5 in the paper
   */
  record MinSnr(double gamma) implements Weighting {
    @Override
    public Tensor of(Tensor signal) {
      return Scope.tidy(() -> ratio(signal).reciprocal().times(gamma).clamp(0, 1));
    }
  }

  /**
   * One by the mean error at a level so far, so that all levels come to count alike: Stable
   * Cascade's {@code AdaptiveLossWeight}. By itself, as where held-out pictures are judged, it is
   * {@link Fixed#PLAIN}.
   */
  record Adaptive() implements Weighting {
    @Override
    public Tensor of(Tensor signal) {
      return Fixed.PLAIN.of(signal);
    }

    @Override
    public boolean adapts() {
      return true;
    }
  }

  /** Signal to noise, ᾱ / (1 - ᾱ). */
  static Tensor ratio(Tensor signal) {
    return Scope.tidy(() -> signal.dividedBy(signal.negate().plus(1)));
  }

  /** Reads "loss_weighting" and, which implies min_snr, "snr_gamma". */
  static Weighting read(ConfigFile file) {
    boolean gamma = file.has("snr_gamma");
    String name = file.stringValue(gamma ? "min_snr" : "p2", "loss_weighting");
    if (gamma && !name.equals("min_snr")) {
      throw new CurrywurstException(
          "%s: snr_gamma belongs to the loss_weighting min_snr and not to %s; leave one out."
              .formatted(file.origin(), name));
    }
    return switch (name) {
      case "plain" -> Fixed.PLAIN;
      case "p2" -> Fixed.P2;
      case "min_snr" -> new MinSnr(gamma(file));
      case "adaptive" -> new Adaptive();
      default ->
          throw new CurrywurstException(
              "%s: the loss_weighting \"%s\" is not known; use plain, p2, min_snr or adaptive."
                  .formatted(file.origin(), name));
    };
  }

  private static double gamma(ConfigFile file) {
    double gamma = file.doubleValue(5, "snr_gamma");
    if (!(gamma > 0)) {
      throw new CurrywurstException(
          "%s: snr_gamma is %s; give a number above 0, such as 5.".formatted(file.origin(), gamma));
    }
    return gamma;
  }
}
