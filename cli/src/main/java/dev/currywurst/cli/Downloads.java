package dev.currywurst.cli;

import dev.currywurst.hub.DownloadListener;
import java.time.Duration;
import java.util.List;

/** Shows a model's download, and ends it when the user asks to. */
final class Downloads implements DownloadListener {
  private final Progress progress;
  private final Interruption interruption;
  private long begin;
  private long bytesAtBegin;

  Downloads(Progress progress, Interruption interruption) {
    this.progress = progress;
    this.interruption = interruption;
  }

  @Override
  public void progress(String file, long bytes, long total) {
    interruption.check("The download was interrupted; the next one goes on where it ended.");
    long now = System.nanoTime();
    if (begin == 0) {
      begin = now;
      bytesAtBegin = bytes;
    }
    double rate = now > begin ? (double) (bytes - bytesAtBegin) / (now - begin) : 0;
    Duration remaining =
        rate > 0 ? Duration.ofNanos((long) ((total - bytes) / rate)) : Duration.ZERO;
    progress.at("Download", bytes, total, Progress.Unit.MEGABYTES, remaining, List.of(file));
  }
}
