package dev.currywurst.train.stage;

import java.util.Locale;

/** The stages in the order of their training; each builds on those before it. */
public enum StageName {
  STAGE_A,
  STAGE_B,
  STAGE_C;

  /** As configurations and the command line spell it, such as {@code stage-a}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return key();
  }
}
