/** What rekindle.yaml says of who writes, what one can subscribe to, and which other systems campaigns call. */

export interface Sender {
  name: string;
  email: string;
  replyTo: string | null;
}

export interface Topic {
  name: string;
  default: 'subscribed' | 'unsubscribed';
}

/** Another system that campaigns call. */
export interface Endpoint {
  url: string;
  /** `env:NAME`, the environment variable that holds its secret; null: the system makes one. */
  secret: string | null;
}
