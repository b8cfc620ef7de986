/** Files up and down: uploads with progress, pictures as blobs so that no token is ever in a URL. */
import { ApiProblem, mintId, uploadFile, type FileRef } from "@hutong/api-client";
import { FILES_MAX, refusal, sizeText } from "@hutong/chat";
import type { Session } from "./session.ts";
import type { Store } from "./store.ts";

/** The most pictures kept as blobs; the oldest goes first. */
const PICTURES_MAX = 60;

export class Files {
  private readonly chosen = new Map<string, { file: File; abort: AbortController }>();
  private readonly pictures = new Map<string, Promise<string>>();

  constructor(
    private readonly store: Store,
    private readonly session: Session,
  ) {}

  /** Checks and uploads what was picked, pasted or dropped. */
  pick(files: readonly File[]): void {
    for (const file of files) {
      const { channel, attachments, locale } = this.store.model;
      if (channel === null) return;
      const why = refusal(file, channel, attachments.length);
      if (why !== null) {
        const params = { name: file.name, n: FILES_MAX, size: sizeText(channel.file_bytes_max, locale) };
        this.store.dispatch({ type: "problem", code: why, params });
        continue;
      }
      const id = mintId();
      this.chosen.set(id, { file, abort: new AbortController() });
      const attachment = { id, name: file.name, bytes: file.size, mediaType: file.type, share: 0, file: null, failed: null };
      this.store.dispatch({ type: "file_picked", attachment });
      void this.upload(id);
    }
  }

  retry(id: string): void {
    this.store.dispatch({ type: "file_retried", id });
    void this.upload(id);
  }

  remove(id: string): void {
    this.chosen.get(id)?.abort.abort();
    this.chosen.delete(id);
    this.store.dispatch({ type: "file_removed", id });
  }

  /** The address of a picture's blob. */
  picture(file: FileRef): Promise<string> {
    const known = this.pictures.get(file.id);
    if (known !== undefined) return known;
    const address = this.blob(file).then((blob) => URL.createObjectURL(blob));
    this.pictures.set(file.id, address);
    address.catch(() => this.pictures.delete(file.id));
    const oldest = this.pictures.keys().next().value;
    if (this.pictures.size > PICTURES_MAX && oldest !== undefined) this.forget(oldest);
    return address;
  }

  /** Hands a file to the browser's downloads. */
  async download(file: FileRef): Promise<void> {
    try {
      const address = URL.createObjectURL(await this.blob(file));
      const link = document.createElement("a");
      link.href = address;
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch {
      this.store.dispatch({ type: "problem", code: "download" });
    }
  }

  private blob(file: FileRef): Promise<Blob> {
    return this.session.api.blob(`/files/${encodeURIComponent(file.id)}`);
  }

  private forget(id: string): void {
    void this.pictures.get(id)?.then((address) => URL.revokeObjectURL(address), () => undefined);
    this.pictures.delete(id);
  }

  private async upload(id: string): Promise<void> {
    const chosen = this.chosen.get(id);
    if (chosen === undefined) return;
    try {
      if (!(await this.session.ensureSession())) throw new ApiProblem(0, "network", "no session");
      const file = await uploadFile(chosen.file, {
        token: this.session.bearer,
        signal: chosen.abort.signal,
        onProgress: (share) => this.store.dispatch({ type: "file_progress", id, share }),
      });
      // The sender's own picture need not be fetched again.
      this.pictures.set(file.id, Promise.resolve(URL.createObjectURL(chosen.file)));
      this.chosen.delete(id);
      this.store.dispatch({ type: "file_uploaded", id, file });
    } catch (error) {
      const code = error instanceof ApiProblem ? error.code : "network";
      if (code === "aborted") return;
      this.store.dispatch({ type: "file_failed", id, code });
      this.store.dispatch({ type: "problem", code: "upload", params: { name: chosen.file.name } });
    }
  }
}
