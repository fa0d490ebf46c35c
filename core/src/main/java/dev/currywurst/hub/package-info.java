/**
 * Published models: from the Hugging Face cache on disk, or downloaded into it.
 *
 * <p>In come a {@link dev.currywurst.hub.ModelName} such as {@code warp-ai/wuerstchen@main} and the
 * {@link dev.currywurst.hub.WantedFiles}; out goes the folder that holds those files. The cache has
 * the layout of Python's {@code huggingface_hub}, so either finds what the other downloaded: {@code
 * models--owner--name/refs/<revision>} names a commit, {@code snapshots/<commit>/} holds the files
 * under their own names as relative links to {@code blobs/<etag>}. The {@code .no_exist} marks of
 * that layout are neither read nor written: they save a request per absent file, and here one
 * listing tells which files exist. Read {@link dev.currywurst.hub.Hub} first, then {@code
 * HubCache}.
 */
@NullMarked
package dev.currywurst.hub;

import org.jspecify.annotations.NullMarked;
