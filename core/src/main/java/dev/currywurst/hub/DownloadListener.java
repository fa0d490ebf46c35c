package dev.currywurst.hub;

/** Hears how far a download is; called on the thread that called {@link Hub#resolve}. */
@FunctionalInterface
public interface DownloadListener {
  /**
   * Some bytes arrived. Not called at all when every file is already in the cache.
   *
   * @param file the file that is being fetched, for example {@code prior/config.json}
   * @param bytes how many bytes of the whole download are here, those of an earlier, broken attempt
   *     included; falls back when a file arrives damaged and is fetched anew
   * @param total the bytes of the whole download
   */
  void progress(String file, long bytes, long total);

  /** A listener for whoever does not want to know. */
  static DownloadListener silent() {
    return (file, bytes, total) -> {};
  }
}
