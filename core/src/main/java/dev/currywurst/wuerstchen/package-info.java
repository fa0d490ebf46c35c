/**
 * The networks of Würstchen v2 (Pernias et al. 2023), one a file, its configuration beside it.
 *
 * <p>Text states go into {@link dev.currywurst.wuerstchen.StageC}, which removes noise from a
 * latent 42 times smaller than the picture; that latent conditions {@link
 * dev.currywurst.wuerstchen.StageB}, whose latent {@link dev.currywurst.wuerstchen.StageA} decodes
 * to pixels. {@link dev.currywurst.wuerstchen.ImageEncoder} makes Stage C's targets from pictures.
 *
 * <p>Networks that run once a step have three calls: {@code condition} takes what stays the same
 * from step to step, {@code levels} all noise levels of a schedule, {@code denoise} the latents and
 * what both made. Read {@code StageC} first.
 */
@NullMarked
package dev.currywurst.wuerstchen;

import org.jspecify.annotations.NullMarked;
