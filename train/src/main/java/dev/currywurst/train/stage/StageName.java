package dev.currywurst.train.stage;

import java.util.Locale;

/**
 * What is trained: the stages in the order of their training, each of which builds on those before
 * it, and the judge of them all.
 */
public enum StageName {
  STAGE_A,
  STAGE_B,
  STAGE_C,
  /** Judges how well pictures go with texts; builds on nothing. */
  CLIP;

  /** As configurations and the command line spell it, such as {@code stage-a}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return key();
  }
}
