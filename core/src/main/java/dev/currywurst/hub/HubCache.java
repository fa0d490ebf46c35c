package dev.currywurst.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that all Hugging Face libraries share. This class knows where everything lies and
 * turns names into paths, after checking them: names of files, commits and blobs come from a server
 * and are not to be trusted.
 */
public final class HubCache {
  private static final Logger LOG = LoggerFactory.getLogger(HubCache.class);
  // An etag of the hub is a SHA-1 or a SHA-256; mirrors have others, such as S3's "hash-parts".
  private static final Pattern ETAG = Pattern.compile("[A-Za-z0-9_-]{1,128}");

  // What Linux, macOS and Windows say of a full disk.
  private static final Pattern FULL =
      Pattern.compile("no space left|not enough space|quota", Pattern.CASE_INSENSITIVE);

  private final Path root;
  private final boolean symlinks;

  HubCache(HubEnvironment environment) {
    this.root = environment.cache();
    this.symlinks = environment.symlinks();
  }

  /**
   * The cache that the environment names: {@code HF_HUB_CACHE}, else {@code $HF_HOME/hub}, else
   * {@code $XDG_CACHE_HOME/huggingface/hub}, else {@code ~/.cache/huggingface/hub}.
   *
   * @param environment usually {@code System.getenv()}
   */
  public static HubCache standard(Map<String, String> environment) {
    return new HubCache(new HubEnvironment(environment));
  }

  /** The folder of the cache; it may not exist yet. */
  public Path root() {
    return root;
  }

  /**
   * The folder with the files of a model as it was downloaded last, without asking the hub.
   *
   * @throws NotCached if a wanted file is not there
   */
  Path cached(ModelName model, WantedFiles wanted) throws NotCached {
    Optional<String> commit = commit(model);
    if (commit.isEmpty() || !Files.isDirectory(snapshot(model, commit.get()))) {
      throw new NotCached(model + " is not in the cache " + root);
    }
    Path snapshot = snapshot(model, commit.get());
    List<String> files;
    try {
      files = wanted.select(model, listing(model, commit.get()));
    } catch (CurrywurstException e) {
      throw new NotCached(
          "the cache "
              + root
              + " has not all of it: "
              + ("" + e.getMessage()).replaceFirst("\\.$", ""));
    }
    for (String file : files) {
      if (!Files.exists(entry(snapshot, file))) {
        throw new NotCached("the copy of " + model + " in the cache " + root + " lacks " + file);
      }
    }
    return snapshot;
  }

  /** Something wanted is not in the cache; the message is a clause that says what. */
  static final class NotCached extends Exception {
    private static final long serialVersionUID = 1L;

    NotCached(String clause) {
      super(clause);
    }
  }

  /** The commit that a branch or tag was at when it was downloaded last. */
  Optional<String> commit(ModelName model) {
    if (model.isCommit()) {
      return Optional.of(model.revision());
    }
    try {
      String commit = Files.readString(reference(model)).strip();
      return Optional.of(commit).filter(ModelName::isCommit);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Notes which commit a branch or tag is at, unless the note is there already. */
  void remember(ModelName model, String commit) throws IOException {
    if (commit(model).filter(commit::equals).isPresent()) {
      return;
    }
    Path reference = reference(model);
    Path draft = reference.resolveSibling(reference.getFileName() + "." + unique() + ".tmp");
    Files.createDirectories(parent(reference));
    try {
      Files.writeString(draft, commit);
      move(draft, reference);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** The folder that holds a commit's files under their own names. */
  Path snapshot(ModelName model, String commit) {
    if (!ModelName.isCommit(commit)) {
      throw new CurrywurstException(
          "The hub says that " + model + " is at \"" + commit + "\", which is not a commit.");
    }
    return repository(model).resolve("snapshots").resolve(commit);
  }

  /** The path of a file in a snapshot, for a name that a server gave. */
  Path entry(Path snapshot, String file) {
    return inside(snapshot, file);
  }

  /** The path of a file's content. */
  Path blob(ModelName model, String etag) {
    return repository(model).resolve("blobs").resolve(checked(model, etag));
  }

  /**
   * The path of content that has not arrived completely. It is not the {@code <etag>.incomplete} of
   * older versions of huggingface_hub: on Linux the JVM's file locks and Python's do not see each
   * other, so two of them could write into it at once. (Newer versions use a file per process.)
   */
  Path partial(Path blob) {
    return blob.resolveSibling(blob.getFileName() + ".currywurst.incomplete");
  }

  /**
   * Waits until no other thread or JVM downloads this content.
   *
   * @return holds the lock until it is closed
   */
  FileChannel lock(ModelName model, String etag) throws IOException {
    Path file =
        root.resolve(".locks").resolve(folder(model)).resolve(checked(model, etag) + ".lock");
    Files.createDirectories(parent(file));
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      for (int attempt = 0; !tryLock(channel); attempt++) {
        if (attempt == 10) {
          LOG.info("Waiting for another download of {} (lock {})", model, file);
        }
        Thread.sleep(100);
      }
      return channel;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      channel.close();
      throw new InterruptedIOException("interrupted while waiting for " + file);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Makes a blob visible under the file's own name: as a relative link, so that the cache may be
   * moved; where links are not possible (Windows without developer mode) as the file itself, as
   * huggingface_hub does it.
   *
   * @param fresh the blob was downloaded just now, so no other snapshot needs it
   */
  void link(Path blob, Path entry, boolean fresh) throws IOException {
    Path folder = parent(entry);
    Files.createDirectories(folder);
    if (symlinks) {
      Path draft = folder.resolve("." + unique() + ".tmp");
      try {
        Files.createSymbolicLink(draft, folder.relativize(blob));
        move(draft, entry);
        return;
      } catch (UnsupportedOperationException | IOException e) {
        LOG.debug("No link at {}, the file itself goes there", entry, e);
      } finally {
        Files.deleteIfExists(draft);
      }
    }
    if (fresh) {
      move(blob, entry);
      return;
    }
    Path draft = folder.resolve("." + unique() + ".tmp");
    try {
      Files.copy(blob, draft);
      move(draft, entry);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Replaces {@code target} in one step where the file system can. */
  static void move(Path source, Path target) throws IOException {
    try {
      Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(source, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The sentence for a cache that does not take a file. */
  static CurrywurstException cannotWrite(Path path, IOException e) {
    String kind = e.getClass().getSimpleName().replace("Exception", "");
    String reason = "" + e.getMessage();
    if (e instanceof FileSystemException failure && failure.getReason() == null) {
      reason = kind + ": " + reason; // else it is the path alone
    }
    boolean full = FULL.matcher(reason).find();
    return new CurrywurstException(
        path
            + " cannot be written ("
            + reason
            + "): "
            + (full
                ? "make room on that disk, or set HF_HUB_CACHE to a folder on a larger one; what has"
                    + " arrived is kept."
                : "make the folder writable, or set HF_HUB_CACHE to another one."),
        e);
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another thread of this JVM holds it
    }
  }

  /**
   * The files of a commit: those that huggingface_hub noted in {@code trees/<commit>.json}, which
   * shows when a download was left unfinished; without such a note those that are there.
   */
  private List<String> listing(ModelName model, String commit) {
    Path note = repository(model).resolve("trees").resolve(commit + ".json");
    List<String> files = new ArrayList<>();
    try {
      if (Files.exists(note)) {
        new ObjectMapper()
            .readTree(note.toFile())
            .path("files")
            .fieldNames()
            .forEachRemaining(files::add);
      }
    } catch (IOException e) {
      LOG.debug("Ignoring {}, which is damaged", note, e);
    }
    if (!files.isEmpty()) {
      return files;
    }
    Path snapshot = snapshot(model, commit);
    try (Stream<Path> found = Files.walk(snapshot)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> snapshot.relativize(file).toString().replace(File.separatorChar, '/'))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException(snapshot + " cannot be read: make it readable.", e);
    }
  }

  private Path reference(ModelName model) {
    return inside(repository(model).resolve("refs"), model.revision());
  }

  private Path repository(ModelName model) {
    return root.resolve(folder(model));
  }

  private static String folder(ModelName model) {
    return "models--" + model.owner() + "--" + model.name();
  }

  private static String checked(ModelName model, String etag) {
    if (!ETAG.matcher(etag).matches()) {
      throw new CurrywurstException(
          "The hub sent the entity tag \""
              + etag
              + "\" for a file of "
              + model
              + ", which cannot name a file in the cache: check HF_ENDPOINT.");
    }
    return etag;
  }

  /** {@code name} below {@code folder}, under the rules of every system. */
  private static Path inside(Path folder, String name) {
    for (String part : name.split("/", -1)) {
      boolean harmless =
          !part.isBlank()
              && !part.equals(".")
              && !part.equals("..")
              && part.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':' || c == 0x7f);
      if (!harmless) {
        throw unsafe(name);
      }
    }
    try {
      Path path = folder.resolve(name).normalize();
      if (!path.startsWith(folder.normalize())) {
        throw unsafe(name);
      }
      return folder.resolve(name);
    } catch (InvalidPathException e) {
      throw unsafe(name);
    }
  }

  private static CurrywurstException unsafe(String name) {
    return new CurrywurstException(
        "The hub lists a file named \""
            + name.replaceAll("\\p{Cntrl}", "?")
            + "\", which could lie outside of the cache: it is refused, do not use this model.");
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), "a path below the cache has a parent");
  }

  private static String unique() {
    return UUID.randomUUID().toString().substring(0, 8);
  }
}
