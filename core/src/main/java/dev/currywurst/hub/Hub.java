package dev.currywurst.hub;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a published model: in the cache, or on the Hugging Face hub.
 *
 * <pre>{@code
 * Hub hub = Hub.standard(System.getenv());
 * Path prior =
 *     hub.resolve(
 *         ModelName.parse("warp-ai/wuerstchen-prior"),
 *         WantedFiles.components("prior", "scheduler", "text_encoder", "tokenizer"),
 *         DownloadListener.silent());
 * }</pre>
 *
 * <p>Safe for use by several threads, and by several JVMs on one cache.
 */
public final class Hub {
  private static final Logger LOG = LoggerFactory.getLogger(Hub.class);

  private final HubCache cache;
  private final HubClient client;
  private final boolean offline;

  Hub(Map<String, String> variables, HubTransport.Patience patience) {
    HubEnvironment environment = new HubEnvironment(variables);
    this.cache = new HubCache(environment);
    this.client =
        new HubClient(
            environment.endpoint(),
            new HubTransport(environment.endpoint(), environment.token(), patience));
    this.offline = environment.offline();
  }

  /**
   * The hub as Hugging Face's variables describe it: the cache ({@link HubCache#standard}), {@code
   * HF_ENDPOINT}, {@code HF_TOKEN} or the stored token, {@code HF_HUB_OFFLINE}.
   *
   * @param environment usually {@code System.getenv()}
   * @throws CurrywurstException if a variable has a value that makes no sense
   */
  public static Hub standard(Map<String, String> environment) {
    return new Hub(environment, HubTransport.Patience.NORMAL);
  }

  /**
   * The folder of a model by what a user calls it: a folder, or {@code owner/name}.
   *
   * @param kind of model, such as "a CLIP", and an example of a name: for the message
   * @throws CurrywurstException if it is neither, or cannot be downloaded
   */
  public Path find(String folderOrName, String kind, String example, DownloadListener listener) {
    if (isFolder(folderOrName)) {
      return Path.of(folderOrName);
    }
    ModelName name;
    try {
      name = ModelName.parse(folderOrName);
    } catch (CurrywurstException e) {
      throw new CurrywurstException(
          "There is no folder %s, and it is no name of %s on the hub such as %s."
              .formatted(folderOrName, kind, example),
          e);
    }
    return resolve(name, WantedFiles.components(), listener);
  }

  private static boolean isFolder(String name) {
    try {
      return Files.isDirectory(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Makes sure that the wanted files are in the cache. One request asks for the present state of
   * the revision; when the hub does not answer, the files that are in the cache do.
   *
   * @return the folder of the model's files, which stays as it is when the model changes on the hub
   * @throws CurrywurstException if a file can be had neither from the cache nor from the hub, or
   *     the cache cannot be written
   */
  public Path resolve(ModelName model, WantedFiles wanted, DownloadListener listener) {
    if (offline) {
      try {
        return cache.cached(model, wanted);
      } catch (HubCache.NotCached e) {
        throw new CurrywurstException(
            "HF_HUB_OFFLINE is set, and "
                + e.getMessage()
                + ": unset it to download the model, or set HF_HUB_CACHE to a cache that has it.",
            e);
      }
    }
    boolean cached = isCached(model, wanted);
    HubClient.Listing listing;
    try {
      listing = client.list(model, !cached);
    } catch (HubTransport.Unavailable e) {
      if (!cached) {
        throw new CurrywurstException(sentence(e), e);
      }
      LOG.warn("{} Using the copy in the cache.", sentence(e));
      try {
        return cache.cached(model, wanted);
      } catch (HubCache.NotCached gone) {
        throw new CurrywurstException(sentence(e), gone);
      }
    }
    try {
      return download(model, listing, wanted.select(model, listing.files()), listener);
    } catch (HubTransport.Unavailable e) {
      throw new CurrywurstException(sentence(e), e);
    } catch (InterruptedIOException e) {
      throw new CurrywurstException("Interrupted: " + e.getMessage() + ".", e);
    } catch (IOException e) {
      throw HubCache.cannotWrite(cache.root(), e);
    }
  }

  private boolean isCached(ModelName model, WantedFiles wanted) {
    try {
      return Files.isDirectory(cache.cached(model, wanted));
    } catch (HubCache.NotCached e) {
      return false;
    }
  }

  private Path download(
      ModelName model, HubClient.Listing listing, List<String> files, DownloadListener listener)
      throws IOException, HubTransport.Unavailable {
    Path snapshot = cache.snapshot(model, listing.commit());
    List<HubClient.Content> missing = new ArrayList<>();
    for (String file : files) {
      if (!Files.exists(cache.entry(snapshot, file))) {
        missing.add(client.content(model, listing.commit(), file));
      }
    }
    if (!missing.isEmpty()) {
      Progress progress = new Progress(listener, missing);
      ensureSpace(model, missing);
      for (HubClient.Content content : missing) {
        fetch(model, listing.commit(), content, cache.entry(snapshot, content.file()), progress);
      }
    }
    // Only now: a revision's note means that a download of it was completed.
    cache.remember(model, listing.commit());
    return snapshot;
  }

  private void fetch(
      ModelName model, String commit, HubClient.Content content, Path entry, Progress progress)
      throws IOException, HubTransport.Unavailable {
    Path blob = cache.blob(model, content.etag());
    Files.createDirectories(Objects.requireNonNull(blob.getParent()));
    try (FileChannel lock = cache.lock(model, content.etag())) {
      if (Files.exists(entry)) {
        return;
      }
      boolean fresh = !Files.exists(blob);
      if (fresh) {
        fetch(model, commit, content, blob, cache.partial(blob), progress);
      }
      progress.finish(content, Files.size(blob));
      cache.link(blob, entry, fresh);
    }
  }

  private void fetch(
      ModelName model,
      String commit,
      HubClient.Content content,
      Path blob,
      Path path,
      Progress progress)
      throws IOException, HubTransport.Unavailable {
    try (PartialFile partial = PartialFile.open(path, content.size())) {
      for (boolean again = false; ; again = true) {
        try {
          if (!partial.isComplete()) {
            client.fetch(
                model,
                commit,
                content.file(),
                partial,
                () -> progress.report(content, partial.length()));
          }
          partial.finish(content.file(), content.etag(), blob);
          return;
        } catch (PartialFile.Damaged e) {
          partial.restart();
          // Once more from the start: the fault may lie in what an earlier attempt left.
          if (again) {
            throw e;
          }
          LOG.info("{} Fetching it anew.", e.getMessage());
        }
      }
    }
  }

  private void ensureSpace(ModelName model, List<HubClient.Content> contents) throws IOException {
    long needed = 0;
    for (HubClient.Content content : contents) {
      Path blob = cache.blob(model, content.etag());
      if (!Files.exists(blob)) {
        Path partial = cache.partial(blob);
        long here = Files.exists(partial) ? Files.size(partial) : 0;
        needed += Math.max(0, content.size().orElse(0) - here);
      }
    }
    Files.createDirectories(cache.root());
    long free = Files.getFileStore(cache.root()).getUsableSpace();
    if (needed > free) {
      throw new CurrywurstException(
          String.format(
              Locale.ROOT,
              "%s needs %.1f GB more in %s, where only %.1f GB are free: make room, or set"
                  + " HF_HUB_CACHE to a folder on a larger disk.",
              model,
              needed / 1e9,
              cache.root(),
              free / 1e9));
    }
  }

  private static String sentence(HubTransport.Unavailable e) {
    return Objects.requireNonNull(e.getMessage());
  }

  /** Adds up the files of one download. */
  private static final class Progress {
    private final DownloadListener listener;
    private final long total;
    private long before;

    Progress(DownloadListener listener, List<HubClient.Content> contents) {
      this.listener = listener;
      this.total = contents.stream().mapToLong(content -> content.size().orElse(0)).sum();
    }

    void report(HubClient.Content content, long bytes) {
      listener.progress(content.file(), before + bytes, total);
    }

    void finish(HubClient.Content content, long bytes) {
      report(content, bytes);
      before += bytes;
    }
  }
}
