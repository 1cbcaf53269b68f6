/** What rekindle.yaml says of who writes and what one can subscribe to. */

export interface Sender {
  name: string;
  email: string;
  replyTo: string | null;
}

export interface Topic {
  name: string;
  default: 'subscribed' | 'unsubscribed';
}
