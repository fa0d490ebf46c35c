package dev.currywurst.hub;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Content on its way into the cache: responses append to it, and it becomes a blob only when it is
 * complete and is what its etag promises.
 */
final class PartialFile implements Closeable {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d+/(\\d{1,18}|\\*)");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern GIT_SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final long UNKNOWN = -1;

  private final Path path;
  private final FileChannel channel;
  private volatile long length;
  private volatile long size;
  private @Nullable Body current;

  private PartialFile(Path path, FileChannel channel, long size) throws IOException {
    this.path = path;
    this.channel = channel;
    this.size = size;
    this.length = channel.size();
  }

  /** What has arrived cannot become the promised content; the message is a whole sentence. */
  static final class Damaged extends HubTransport.Unavailable {
    private static final long serialVersionUID = 1L;

    Damaged(String sentence) {
      super(sentence, null);
    }
  }

  /** Opens the file with what an earlier attempt left in it. */
  static PartialFile open(Path path, OptionalLong size) throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    return new PartialFile(path, channel, size.orElse(UNKNOWN));
  }

  /** The bytes that are here. */
  long length() {
    return length;
  }

  boolean isComplete() {
    return length == size;
  }

  /** Throws away what is here; a response that is still under way adds nothing more. */
  synchronized void restart() throws IOException {
    current = null;
    channel.truncate(0);
    length = 0;
  }

  /**
   * Takes the content of a successful response: from {@link #length()} on if the server heeded the
   * range that it was asked for, else from the start. Other responses are not read.
   */
  BodyHandler<Void> body() {
    return info ->
        switch (info.statusCode()) {
          case 200, 206, 416 -> new Body(info);
          default -> BodySubscribers.discarding();
        };
  }

  /**
   * Checks the content and moves it to its place.
   *
   * @throws Damaged if it is not what the etag promises
   */
  void finish(String file, String etag, Path blob) throws IOException, Damaged {
    if (SHA256.matcher(etag).matches()) {
      check(file, "SHA-256", etag, digest("SHA-256"));
    } else if (GIT_SHA1.matcher(etag).matches()) {
      // The object name that git gives a file: the hash of this header and the content.
      MessageDigest sha1 = digest("SHA-1");
      sha1.update(("blob " + length + "\0").getBytes(StandardCharsets.US_ASCII));
      check(file, "SHA-1", etag, sha1);
    }
    channel.force(true);
    channel.close(); // Windows moves no open file
    if (Files.exists(blob)) {
      Files.delete(path); // another program fetched the same content meanwhile
    } else {
      HubCache.move(path, blob);
    }
  }

  private void check(String file, String algorithm, String etag, MessageDigest digest)
      throws IOException, Damaged {
    try (InputStream content = Files.newInputStream(path)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(etag)) {
      throw new Damaged(
          file
              + " arrived damaged: its "
              + algorithm
              + " is "
              + actual
              + " and not "
              + etag
              + " as promised; try again, and if it stays so check the proxy and HF_ENDPOINT.");
    }
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (length == 0) {
      Files.deleteIfExists(path); // nothing to continue from
    }
  }

  /** One response's content. A response that was given up must not write any more. */
  private final class Body implements BodySubscriber<Void> {
    private final ResponseInfo info;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;

    Body(ResponseInfo info) {
      this.info = info;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      try {
        begin();
        subscription.request(1);
      } catch (Exception e) {
        fail(e);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      try {
        append(buffers);
        Objects.requireNonNull(subscription).request(1);
      } catch (Exception e) {
        fail(e);
      }
    }

    @Override
    public void onError(Throwable e) {
      done.completeExceptionally(e);
    }

    @Override
    public void onComplete() {
      synchronized (PartialFile.this) {
        if (current != this || length < size) {
          done.completeExceptionally(new EOFException("the connection ended early"));
          return;
        }
        size = length; // not known before if the server did not tell
        current = null;
      }
      done.complete(null);
    }

    private void begin() throws IOException, Damaged {
      synchronized (PartialFile.this) {
        if (info.statusCode() == 416) {
          throw new Damaged("The part of " + path + " that is here does not belong to the file.");
        }
        if (info.statusCode() == 200) {
          restart();
          if (size == UNKNOWN) {
            size = info.headers().firstValueAsLong("Content-Length").orElse(UNKNOWN);
          }
          current = this;
          return;
        }
        Matcher range =
            CONTENT_RANGE.matcher(info.headers().firstValue("Content-Range").orElse(""));
        if (!range.matches() || Long.parseLong(range.group(1)) != length) {
          throw new Damaged("The server sent another part of " + path + " than was asked for.");
        }
        if (size == UNKNOWN && !range.group(2).equals("*")) {
          size = Long.parseLong(range.group(2));
        }
        current = this;
      }
    }

    private void append(List<ByteBuffer> buffers) throws Damaged {
      synchronized (PartialFile.this) {
        for (ByteBuffer buffer : buffers) {
          if (current != this) {
            return;
          }
          if (size != UNKNOWN && length + buffer.remaining() > size) {
            throw new Damaged(
                path.getFileName() + " is longer than the " + size + " bytes that were promised.");
          }
          try {
            while (buffer.hasRemaining()) {
              length += channel.write(buffer, length);
            }
          } catch (IOException e) {
            throw HubCache.cannotWrite(path, e);
          }
        }
      }
    }

    private void fail(Exception e) {
      synchronized (PartialFile.this) {
        if (current == this) {
          current = null;
        }
      }
      if (subscription != null) {
        subscription.cancel();
      }
      done.completeExceptionally(e);
    }
  }
}
