package dev.currywurst.cli;

import java.util.Locale;

/** Large numbers as people read them. */
final class Quantity {
  private Quantity() {}

  /** Such as {@code 3.97 GB}; decimal, as shops and hubs count. */
  static String bytes(long bytes) {
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  /** Such as {@code 993,636,896}. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }
}
