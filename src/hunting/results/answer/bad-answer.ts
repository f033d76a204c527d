/** A hunting answer that is not what the service documents. The message says what was found and holds no data of the customer. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer'
}
