-- Keeps the rows of deliveries that were booked before from other bookings, until the transaction ends. A statement of its own: the
-- one that adds must see what was committed while this one waited.
-- $1 delivery ids. Index: delivery_pkey.
SELECT 1 FROM delivery WHERE delivery_id = ANY ($1::uuid[]) ORDER BY delivery_id FOR UPDATE
