package dev.currywurst.hub;

import static dev.currywurst.hub.HubTransport.header;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.hub.HubTransport.Request;
import dev.currywurst.hub.HubTransport.Unavailable;
import dev.currywurst.tensor.CurrywurstException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The three things that the hub is asked: which files a revision has, what a file's content is, and
 * the content itself. Its refusals become sentences here.
 */
final class HubClient {
  private static final Logger LOG = LoggerFactory.getLogger(HubClient.class);

  private final URI endpoint;
  private final HubTransport transport;

  HubClient(URI endpoint, HubTransport transport) {
    this.endpoint = endpoint;
    this.transport = transport;
  }

  /** The files of a revision and the commit that it is at. */
  record Listing(String commit, List<String> files) {}

  /**
   * A file's content.
   *
   * @param etag its SHA-256 if it is a large file, else the SHA-1 that git gives it; a mirror may
   *     have another name for it
   * @param size in bytes, if the server tells
   */
  record Content(String file, String etag, OptionalLong size) {}

  /**
   * Lists a revision.
   *
   * @param insist false if there is another way, so that an absent hub is noticed soon
   * @throws CurrywurstException if the model has no such revision
   */
  Listing list(ModelName model, boolean insist) throws Unavailable {
    URI uri = address("api/models/" + model.repository() + "/revision", model.revision());
    HttpResponse<String> response =
        transport.send(
            new Request<>(
                "asking for the files of " + model,
                "GET",
                uri,
                BodyHandlers.ofString(),
                true,
                insist,
                () -> 0,
                () -> {}));
    if (response.statusCode() != 200) {
      throw refusal(model, null, response);
    }
    try {
      JsonNode answer = new ObjectMapper().readTree(response.body());
      List<String> files = new ArrayList<>();
      for (JsonNode sibling : answer.path("siblings")) {
        files.add(sibling.path("rfilename").asText());
      }
      String commit = answer.path("sha").asText();
      if (ModelName.isCommit(commit)) {
        return new Listing(commit, files);
      }
    } catch (JsonProcessingException e) {
      LOG.debug("No listing at {}", uri, e);
    }
    throw new Unavailable(
        endpoint
            + " does not list "
            + model
            + " as a Hugging Face hub does: check HF_ENDPOINT and the proxy.",
        null);
  }

  /** Asks what a file's content is, without fetching it. */
  Content content(ModelName model, String commit, String file) throws Unavailable {
    HttpResponse<Void> response =
        transport.send(
            new Request<>(
                "asking for " + file + " of " + model,
                "HEAD",
                address(model.repository() + "/resolve/" + commit, file.split("/")),
                BodyHandlers.discarding(),
                // A store that the hub sends us to does not know the file's names.
                false,
                true,
                () -> 0,
                () -> {}));
    boolean redirect = HubTransport.isRedirect(response);
    if (response.statusCode() != 200 && !redirect) {
      throw refusal(model, file, response);
    }
    Optional<String> etag = header(response, "X-Linked-Etag").or(() -> header(response, "ETag"));
    String at = header(response, "X-Repo-Commit").orElse(commit);
    if (etag.isEmpty() || !at.equals(commit)) {
      throw new Unavailable(
          endpoint
              + " does not describe "
              + file
              + " of "
              + model
              + " as a Hugging Face hub does ("
              + (etag.isEmpty() ? "no ETag" : "it is at commit " + at + " and not " + commit)
              + "): check HF_ENDPOINT and the proxy.",
          null);
    }
    Optional<String> size =
        header(response, "X-Linked-Size")
            .or(() -> redirect ? Optional.empty() : header(response, "Content-Length"))
            .filter(text -> text.matches("\\d{1,18}"));
    return new Content(
        file,
        etag.get().replaceFirst("^W/", "").replace("\"", ""),
        size.isPresent() ? OptionalLong.of(Long.parseLong(size.get())) : OptionalLong.empty());
  }

  /** Fetches what {@code partial} lacks of a file's content. */
  void fetch(ModelName model, String commit, String file, PartialFile partial, Runnable tick)
      throws Unavailable {
    HttpResponse<Void> response =
        transport.send(
            new Request<>(
                "downloading " + file + " of " + model,
                "GET",
                address(model.repository() + "/resolve/" + commit, file.split("/")),
                partial.body(),
                true,
                true,
                partial::length,
                tick));
    if (response.statusCode() != 200 && response.statusCode() != 206) {
      throw refusal(model, file, response);
    }
  }

  private Unavailable refusal(ModelName model, @Nullable String file, HttpResponse<?> response) {
    int status = response.statusCode();
    String code = header(response, "X-Error-Code").orElse("");
    String page = endpoint + "/" + model.repository();
    if (status == 404 && code.equals("RevisionNotFound")) {
      // Final, whatever is in the cache: the revision was misspelt, or it was taken back.
      throw new CurrywurstException(
          model.repository()
              + " has no revision \""
              + model.revision()
              + "\": see "
              + page
              + "/tree/main for its branches and tags.");
    }
    String sentence;
    if (code.equals("GatedRepo") || status == 403) {
      sentence =
          model.repository()
              + " is gated: accept its terms at "
              + page
              + ", and set HF_TOKEN to a token of your account that may read it"
              + (transport.hasToken() ? " (the present one may not)." : ".");
    } else if (status == 401 && transport.hasToken()) {
      sentence =
          "The hub does not let your token read "
              + model.repository()
              + " (HTTP 401): check the name, and set HF_TOKEN to a valid token that may read it.";
    } else if (status == 401) {
      sentence =
          model.repository()
              + " does not exist at "
              + endpoint
              + " or is not public (HTTP 401): check the name, and set HF_TOKEN if the model is"
              + " private or gated.";
    } else if (status == 404 && file != null) {
      sentence =
          model + " lists the file " + file + " but does not have it: choose another revision.";
    } else if (status == 404) {
      sentence =
          "There is no model "
              + model
              + " at "
              + endpoint
              + ": check the name and the revision, and set HF_TOKEN if it is private.";
    } else {
      sentence =
          endpoint
              + " refuses "
              + (file == null ? "" : file + " of ")
              + model
              + " (HTTP "
              + status
              + header(response, "X-Error-Message").map(text -> ", " + text).orElse("")
              + "): check HF_ENDPOINT and the proxy.";
    }
    return new Unavailable(sentence, null);
  }

  /** An address of the hub; a slash in one of the parts, as in refs/pr/1, separates nothing. */
  private URI address(String path, String... parts) {
    return URI.create(
        endpoint
            + "/"
            + path
            + Stream.of(parts).map(part -> "/" + encode(part)).collect(Collectors.joining()));
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
