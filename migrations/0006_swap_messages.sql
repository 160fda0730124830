-- Where somebody was asked to exchange shifts: that message is edited when the question is answered, or can be answered no more.
ALTER TABLE swap ADD COLUMN message TEXT;
